using System.Diagnostics.CodeAnalysis;
using DChat.Client.Devices;
using DChat.Core.Keys;

namespace DChat.Client.Publishing;

/// <summary>
/// Hands out one author's sequences from reserved blocks. Blocks double while the author keeps sending, so that a single
/// message wastes none and a busy author rarely waits for the disk. What is left of a block after a pause is dropped, so
/// that a process does not come back with sequences far behind those another one has used since: receivers keep a window.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing.")]
internal sealed class AuthorSequences(IDeviceStore store, AuthorKey author, TimeProvider time)
{
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private ulong _next;
    private int _left;
    private int _blockSize;
    private long _lastUse;

    /// <summary>The next sequence; its reservation is durable.</summary>
    public async ValueTask<ulong> NextAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (time.GetElapsedTime(_lastUse) >= Pause)
            {
                _left = _blockSize = 0;
            }

            if (_left == 0)
            {
                _blockSize = Math.Clamp(_blockSize * 2, 1, IDeviceStore.MaxReservation);
                _next = await store.ReserveAsync(author, _blockSize, cancellationToken).ConfigureAwait(false);
                _left = _blockSize;
            }

            _lastUse = time.GetTimestamp();
            _left--;
            return _next++;
        }
        finally
        {
            _gate.Release();
        }
    }
}

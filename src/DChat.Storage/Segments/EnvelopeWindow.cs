using DChat.Core.Shards;
using DChat.Core.Wire;

namespace DChat.Storage.Segments;

/// <summary>
/// Envelopes of neighbours in a segment, as they stand there. Reused from window to window: arrays of megabytes that are made anew have the
/// system clear every page of them, which costs more than all the rest of a sealing.
/// </summary>
/// <param name="length">The most bytes of envelopes; one envelope fits at least.</param>
internal sealed class EnvelopeWindow(int length)
{
    private readonly byte[] _read = GC.AllocateUninitializedArray<byte>(length);
    private readonly byte[] _envelopes = GC.AllocateUninitializedArray<byte>(length);
    private IndexedMessage[] _messages = [];
    private IndexedMessage[] _bySequence = [];
    private (int At, int Offset)[] _places = [];
    private ulong[] _sequences = [];
    private int _count;
    private int _used;

    /// <summary>The envelopes back to back, in the order of the segment.</summary>
    public ReadOnlySpan<byte> Envelopes => _envelopes.AsSpan(0, _used);

    /// <summary>Takes as many messages as fit.</summary>
    /// <param name="messages">The messages of the segment.</param>
    /// <param name="first">The first to take.</param>
    /// <returns>How many.</returns>
    public int Take(IndexedMessage[] messages, int first)
    {
        (_count, _used) = (0, 0);
        while (first + _count < messages.Length && messages[first + _count] is var message && _used + message.Entry.Length <= length)
        {
            Reserve(_count + 1);
            _messages[_count] = message;
            (_sequences[_count], _places[_count]) = (message.Sequence, (_count, _used));
            _used += message.Entry.Length;
            _count++;
        }

        return _count;
    }

    /// <summary>Reads the envelopes of the messages taken.</summary>
    /// <param name="read">Reads them.</param>
    /// <param name="checksums">Takes the CRC-32C of each.</param>
    /// <param name="holes">Hears of messages that cannot be read back; the window means nothing then.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask FillAsync(ReadEnvelopes read, Memory<uint> checksums, List<ulong> holes, CancellationToken cancellationToken)
    {
        // The log is read in its own order, which is nearly that of the segment, since messages come soon after they were written.
        Array.Sort(_sequences, _places, 0, _count);
        for (var i = 0; i < _count; i++)
        {
            _bySequence[i] = _messages[_places[i].At];
        }

        var unreadable = await read(_bySequence.AsMemory(0, _count), _read, cancellationToken).ConfigureAwait(false);
        holes.AddRange(unreadable);
        if (unreadable.Count == 0)
        {
            Arrange(checksums.Span);
        }
    }

    private void Arrange(Span<uint> checksums)
    {
        var bytes = _read.AsSpan();
        foreach (var (at, offset) in _places.AsSpan(0, _count))
        {
            var envelope = bytes[.._messages[at].Entry.Length];
            envelope.CopyTo(_envelopes.AsSpan(offset));
            checksums[at] = Crc32C.Compute(envelope);
            bytes = bytes[envelope.Length..];
        }
    }

    private void Reserve(int count)
    {
        if (_messages.Length < count)
        {
            var capacity = Math.Max(256, 2 * _messages.Length);
            Array.Resize(ref _messages, capacity);
            Array.Resize(ref _bySequence, capacity);
            Array.Resize(ref _places, capacity);
            Array.Resize(ref _sequences, capacity);
        }
    }
}

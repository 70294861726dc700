using DChat.Core;
using DChat.Core.Shards;

namespace DChat.Storage.Segments;

/// <summary>
/// Reads messages back from the log that are about to be sealed. One that the disk fails to read alone is left out, so that it does not hold up
/// the others: it stays in the log and in the open set, and the next epoch tries again. It is no hole, since it may be read later.
/// </summary>
/// <param name="writer">The log.</param>
internal sealed class SealingReader(IShardLogWriter writer)
{
    /// <summary>The most messages of a sealing that are left out: 1,024. A disk that fails more is broken, and nothing is sealed.</summary>
    public const int MaxUnread = 1_024;

    // So many messages are read alone to tell a disk that fails from one that has lost a place.
    private const int Probes = 8;

    private readonly SortedSet<ulong> _unread = [];

    /// <summary>The sequences of the messages that were left out.</summary>
    public IReadOnlyCollection<ulong> Unread => _unread;

    /// <summary>Reads messages; the buffer means nothing when some are holes or left out.</summary>
    /// <param name="messages">Messages whose sequences ascend.</param>
    /// <param name="destination">Takes the envelopes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The sequences of the damaged, and of those in <see cref="Unread"/>.</returns>
    /// <exception cref="FencedException">The writer has been fenced.</exception>
    /// <exception cref="DChatException">The log cannot be read (<c>log-unreadable</c>).</exception>
    public async ValueTask<IReadOnlyList<ulong>> ReadAsync(
        ReadOnlyMemory<IndexedMessage> messages, Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadOnceAsync(messages, destination, cancellationToken).ConfigureAwait(false);
        }
        catch (DChatException e) when (IsUnreadable(e))
        {
            if (!await IsAnyReadAsync(messages, destination, cancellationToken).ConfigureAwait(false))
            {
                throw;
            }

            List<ulong> holes = [];
            await ReadApartAsync(messages, destination, holes, cancellationToken).ConfigureAwait(false);
            return holes;
        }
    }

    private static bool IsUnreadable(DChatException e) => e.Code == "log-unreadable";

    private ValueTask<IReadOnlyList<ulong>> ReadOnceAsync(
        ReadOnlyMemory<IndexedMessage> messages, Memory<byte> destination, CancellationToken cancellationToken) =>
        writer.IsFenced ? throw new FencedException() : writer.ReadIntoAsync(messages, destination, cancellationToken);

    // One alone says nothing of the disk: it is left out.
    private async ValueTask<bool> IsAnyReadAsync(ReadOnlyMemory<IndexedMessage> messages, Memory<byte> destination, CancellationToken cancellationToken)
    {
        for (var probe = 0; probe < Probes && messages.Length > 1; probe++)
        {
            try
            {
                var at = (int)((long)(messages.Length - 1) * probe / (Probes - 1));
                await ReadOnceAsync(messages.Slice(at, 1), destination, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (DChatException e) when (IsUnreadable(e))
            {
                // The next tells.
            }
        }

        return messages.Length == 1;
    }

    // By halves: also two neighbours are read apart when what lies between them cannot be read.
    private async ValueTask ReadApartAsync(
        ReadOnlyMemory<IndexedMessage> messages, Memory<byte> destination, List<ulong> holes, CancellationToken cancellationToken)
    {
        try
        {
            holes.AddRange(await ReadOnceAsync(messages, destination, cancellationToken).ConfigureAwait(false));
        }
        catch (DChatException e) when (IsUnreadable(e) && messages.Length > 1)
        {
            var half = messages.Length / 2;
            var length = RecordRun.EnvelopeBytesOf(messages.Span[..half]);
            await ReadApartAsync(messages[..half], destination[..length], holes, cancellationToken).ConfigureAwait(false);
            await ReadApartAsync(messages[half..], destination[length..], holes, cancellationToken).ConfigureAwait(false);
        }
        catch (DChatException e) when (IsUnreadable(e) && _unread.Count < MaxUnread)
        {
            var sequence = messages.Span[0].Sequence;
            _unread.Add(sequence);
            holes.Add(sequence);
        }
    }
}

using System.Globalization;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Grains.SyncShard;

/// <summary>Reads a shard again, a piece at a time and off the grain's turn, and checks what is there against what it must be.</summary>
internal sealed class ShardScrubber(ShardId shard, IShardLogWriter writer, SealedReads reads, Func<ShardView> view)
{
    /// <summary>Open messages of one step.</summary>
    internal const int PageLength = 1_024;

    /// <summary>One step from a position.</summary>
    /// <exception cref="DChatException">The position is malformed (<c>position-malformed</c>), or storage cannot be read for now.</exception>
    public async Task<ScrubPage> ScrubAsync(ScrubPosition position)
    {
        ArgumentNullException.ThrowIfNull(position);
        if (position.Segment is null)
        {
            return await ReadOpenAsync(position.Sequence);
        }

        var after = position.Segment.Length == 0 ? (Bytes32?)null : Parse(position.Segment);
        var sealedMessages = view().Sealed;
        var next = sealedMessages.Items.Where(segment => after is not { } last || segment.Root.CompareTo(last) > 0).MinBy(segment => segment.Root);
        if (next is null)
        {
            return new ScrubPage(new ScrubPosition(null, 0), 0, 0, []);
        }

        var problems = await reads.AskAsync(() => sealedMessages.Verify(next.Root));
        return new ScrubPage(new ScrubPosition(next.Root.ToString(), 0), problems is null ? 0 : next.Count, problems is null ? 0 : 1, [.. problems ?? []]);
    }

    private static Bytes32 Parse(string root)
    {
        try
        {
            return new Bytes32(Convert.FromHexString(root));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new DChatException("position-malformed", $"A root is 64 hexadecimal digits, not {root.Length} others.", inner: e);
        }
    }

    private async Task<ScrubPage> ReadOpenAsync(ulong after)
    {
        while (true)
        {
            if (await TryReadOpenAsync(view(), after) is { } page)
            {
                return page;
            }
        }
    }

    /// <summary>Reads a page of a view's open messages; null when some of them have been sealed since.</summary>
    private async Task<ScrubPage?> TryReadOpenAsync(ShardView seen, ulong after)
    {
        var messages = seen.Open.Snapshot().After(after, PageLength).ToArray();
        if (messages.Length == 0)
        {
            return new ScrubPage(null, 0, 0, []);
        }

        List<string> problems = [];
        for (var at = 0; at < messages.Length;)
        {
            var length = 0;
            var count = 0;
            while (at + count < messages.Length && (count == 0 || length + messages[at + count].Entry.Length <= EnvelopeBatch.MaxBytes))
            {
                length += messages[at + count++].Entry.Length;
            }

            var page = messages.AsMemory(at, count);
            var stored = await writer.ReadAsync(page, CancellationToken.None);
            if (stored.Holes.Count > 0 && seen != view())
            {
                // It is gone from the log, and was read and checked as it was sealed. What is open in the view of now is read instead.
                return null;
            }

            Check(page.Span, stored, problems);
            at += count;
        }

        return new ScrubPage(new ScrubPosition(null, messages[^1].Sequence), messages.Length, 0, [.. problems]);
    }

    private void Check(ReadOnlySpan<IndexedMessage> messages, StoredEnvelopes stored, List<string> problems)
    {
        HashSet<ulong> holes = [.. stored.Holes];
        var offset = 0;
        foreach (var message in messages)
        {
            if (holes.Contains(message.Sequence))
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"Message {message.Entry.Id} at sequence {message.Sequence} of shard {shard} cannot be read back from the log."));
                continue;
            }

            if (MessageId.Compute(stored.Bytes.AsSpan(offset, message.Entry.Length)) != message.Entry.Id)
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"What the log has at sequence {message.Sequence} of shard {shard} is not message {message.Entry.Id}."));
            }

            offset += message.Entry.Length;
        }
    }
}

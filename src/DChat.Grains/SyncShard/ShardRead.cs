using DChat.Abstractions.Messages;
using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Grains.SyncShard;

/// <summary>What one read returns: the first messages of two lists together, as far as they fit into a batch.</summary>
internal sealed class ShardRead
{
    private readonly List<(StoredMessage Message, bool IsSealed)> _messages = [];

    /// <param name="open">Messages of the open set, in order of sequence.</param>
    /// <param name="sealedMessages">Sealed messages, in order of sequence. One that is in both counts as sealed.</param>
    /// <param name="maxCount">How many at most.</param>
    public ShardRead(IReadOnlyList<IndexedMessage> open, IReadOnlyList<StoredMessage> sealedMessages, int maxCount)
    {
        List<IndexedMessage> fromLog = [];
        List<StoredMessage> fromSegments = [];
        var bytes = 0;
        for (int i = 0, j = 0; _messages.Count < maxCount && (i < open.Count || j < sealedMessages.Count);)
        {
            var isSealed = i == open.Count || (j < sealedMessages.Count && sealedMessages[j].Sequence <= open[i].Sequence);
            var message = isSealed ? sealedMessages[j] : Of(open[i]);
            bytes += message.Length;
            if (_messages.Count > 0 && bytes > EnvelopeBatch.MaxBytes)
            {
                break;
            }

            _messages.Add((message, isSealed));
            if (!isSealed)
            {
                fromLog.Add(open[i++]);
                continue;
            }

            fromSegments.Add(message);
            i += i < open.Count && open[i].Sequence == message.Sequence ? 1 : 0;
            j++;
        }

        (Open, Sealed) = ([.. fromLog], [.. fromSegments]);
    }

    /// <summary>All of them, in order of sequence.</summary>
    public IReadOnlyList<(StoredMessage Message, bool IsSealed)> Messages => _messages;

    /// <summary>Those that the log is asked for.</summary>
    public IndexedMessage[] Open { get; }

    /// <summary>Those that segments are asked for.</summary>
    public StoredMessage[] Sealed { get; }

    /// <summary>Puts together what was read.</summary>
    public ReadReply Reply(LogPosition head, StoredEnvelopes fromLog, StoredEnvelopes fromSegments)
    {
        HashSet<ulong> holes = [.. fromLog.Holes, .. fromSegments.Holes];
        var told = _messages.FindAll(each => !holes.Contains(each.Message.Sequence));
        return new ReadReply(
            ReadStatus.Ok,
            head,
            new EnvelopeBatch(Joined(told, fromLog.Bytes, fromSegments.Bytes), [.. told.Select(each => each.Message.Length)]),
            [.. told.Select(each => each.Message.Sequence)],
            [.. told.Select(each => each.Message.TopicSequence)],
            [.. told.Select(each => each.Message.Door)],
            [.. holes.Order()]);
    }

    private static byte[] Joined(List<(StoredMessage Message, bool IsSealed)> told, byte[] fromLog, byte[] fromSegments)
    {
        if (fromLog.Length == 0 || fromSegments.Length == 0)
        {
            return fromLog.Length == 0 ? fromSegments : fromLog;
        }

        var bytes = new byte[fromLog.Length + fromSegments.Length];
        var (written, ofLog, ofSegments) = (0, 0, 0);
        foreach (var ((_, _, length, _, _, _), isSealed) in told)
        {
            (isSealed ? fromSegments.AsSpan(ofSegments, length) : fromLog.AsSpan(ofLog, length)).CopyTo(bytes.AsSpan(written));
            (written, ofLog, ofSegments) = (written + length, ofLog + (isSealed ? 0 : length), ofSegments + (isSealed ? length : 0));
        }

        return bytes;
    }

    private static StoredMessage Of(in IndexedMessage message) =>
        new(message.Sequence, message.TopicSequence, message.Entry.Length, message.Entry.Door, message.Location, Checksum: 0);
}

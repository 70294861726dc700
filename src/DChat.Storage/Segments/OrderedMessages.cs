using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Shards;

namespace DChat.Storage.Segments;

/// <summary>Puts messages in the order of a segment.</summary>
internal static class OrderedMessages
{
    /// <summary>Sorts a list into classes, each with at most <see cref="SegmentHeader.MaxCount"/> messages.</summary>
    /// <param name="all">Messages of a shard, in order of sequence.</param>
    /// <param name="isSealed">Whether a message is left out; asked of sequences in order.</param>
    /// <param name="isWanted">Whether a class is wanted.</param>
    public static List<(RetentionClass Class, IndexedMessage[] Messages)> ByClass(
        IReadOnlyList<IndexedMessage> all, Func<ulong, bool> isSealed, Func<RetentionClass, bool> isWanted)
    {
        var classes = new SortedDictionary<RetentionClass, (List<ulong> Hlcs, List<int> Order)>();
        for (var i = 0; i < all.Count; i++)
        {
            var message = all[i];
            if (!isWanted(message.Entry.Class) || isSealed(message.Sequence))
            {
                continue;
            }

            if (!classes.TryGetValue(message.Entry.Class, out var ofClass))
            {
                classes[message.Entry.Class] = ofClass = ([], []);
            }

            ofClass.Hlcs.Add(message.Entry.Hlc.Value);
            ofClass.Order.Add(i);
        }

        return [.. classes.Select(each => (each.Key, Sorted(all, [.. each.Value.Hlcs], [.. each.Value.Order])))];
    }

    // By keys of eight bytes: sorting the messages themselves would move a hundred bytes at each step. They are copied once, since each is
    // looked at many times and a view of an index puts it together every time.
    private static IndexedMessage[] Sorted(IReadOnlyList<IndexedMessage> all, ulong[] hlcs, int[] order)
    {
        Array.Sort(hlcs, order);
        for (int start = 0, end = 1; end <= hlcs.Length; end++)
        {
            if (end == hlcs.Length || hlcs[end] != hlcs[start])
            {
                if (end - start > 1)
                {
                    order.AsSpan(start, end - start).Sort((a, b) => all[a].Entry.Id.CompareTo(all[b].Entry.Id));
                }

                start = end;
            }
        }

        return Array.ConvertAll(order.Length <= SegmentHeader.MaxCount ? order : order[..SegmentHeader.MaxCount], at => all[at]);
    }
}

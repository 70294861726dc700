using System.Collections;
using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Shards;

namespace DChat.Storage.Segments;

/// <summary>
/// Messages of one retention class in the order of a segment. It refers to the list they were given in and copies none of them: a hundred
/// bytes for each of four million would be felt.
/// </summary>
internal sealed class OrderedMessages : IReadOnlyList<IndexedMessage>
{
    private readonly IReadOnlyList<IndexedMessage> _all;
    private readonly int[] _order;

    private OrderedMessages(IReadOnlyList<IndexedMessage> all, int[] order) => (_all, _order) = (all, order);

    public int Count => _order.Length;

    public IndexedMessage this[int place] => _all[_order[place]];

    /// <summary>Sorts a list into classes, each with at most <see cref="SegmentHeader.MaxCount"/> messages.</summary>
    /// <param name="all">Messages of a shard, in order of sequence.</param>
    /// <param name="isSealed">Whether a message is left out; asked of sequences in order.</param>
    /// <param name="isWanted">Whether a class is wanted.</param>
    public static List<(RetentionClass Class, OrderedMessages Messages)> ByClass(
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

    /// <summary>The same without some messages.</summary>
    public OrderedMessages Without(IReadOnlySet<ulong> sequences) =>
        new(_all, Array.FindAll(_order, at => !sequences.Contains(_all[at].Sequence)));

    public IEnumerator<IndexedMessage> GetEnumerator()
    {
        foreach (var at in _order)
        {
            yield return _all[at];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // By keys of eight bytes: sorting the messages themselves would move a hundred bytes at each step.
    private static OrderedMessages Sorted(IReadOnlyList<IndexedMessage> all, ulong[] hlcs, int[] order)
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

        return new OrderedMessages(all, order.Length <= SegmentHeader.MaxCount ? order : order[..SegmentHeader.MaxCount]);
    }
}

using DChat.Core.Reconciliation;

namespace DChat.Core.Shards;

/// <summary>Goes over a part of a set.</summary>
internal static class SetPass
{
    private const int PageLength = 256;

    /// <summary>Tells the ids of a range, in order.</summary>
    public static void ForEach(ISortedSet set, int start, int until, Action<Bytes32> tell)
    {
        var page = new SetItem[Math.Min(PageLength, Math.Max(0, until - start))];
        for (; start < until; start += page.Length)
        {
            var items = page.AsSpan(0, Math.Min(page.Length, until - start));
            set.CopyTo(start, items);
            foreach (ref readonly var item in items)
            {
                tell(item.Id);
            }
        }
    }
}

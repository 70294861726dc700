using DChat.Core;
using DChat.Core.Reconciliation;

namespace DChat.Benchmarks.Sync;

/// <summary>Messages of a busy quarter of an hour, in which ids are at random and many share a millisecond.</summary>
internal static class SyncCorpus
{
    private const int PerMillisecond = 3;

    /// <summary>Items in order.</summary>
    public static SetItem[] Items(int count, int seed = 1)
    {
        var random = new Random(seed);
        var items = new SetItem[count];
        Span<byte> id = stackalloc byte[Bytes32.Length];
        for (var i = 0; i < count; i++)
        {
            random.NextBytes(id);
            items[i] = new SetItem((1_772_366_400_000UL + (ulong)(i / PerMillisecond)) << 16, new Bytes32(id));
        }

        Array.Sort(items);
        return items;
    }

    public static SetItemList ListOf(IEnumerable<SetItem> items)
    {
        var list = new SetItemList();
        foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }

    public static SetSnapshot Snapshot(IReadOnlyCollection<SetItem> items) => SetIndex.Build(ListOf(items), items.Count).Snapshot();

    /// <summary>Takes items out at random places, half from each of two copies.</summary>
    public static (SetItem[] Left, SetItem[] Right) Scattered(SetItem[] items, int differences, int seed = 2)
    {
        HashSet<int> chosen = [];
        var random = new Random(seed);
        while (chosen.Count < differences)
        {
            chosen.Add(random.Next(items.Length));
        }

        var fromLeft = chosen.Take(differences / 2).ToHashSet();
        return ([.. items.Where((_, i) => !fromLeft.Contains(i))], [.. items.Where((_, i) => !chosen.Contains(i) || fromLeft.Contains(i))]);
    }

    /// <summary>
    /// The least bytes that tell one side the differences, whatever the scheme: 32 for an id that it has never seen, and for one of its own
    /// as much as it takes to choose among all.
    /// </summary>
    public static double BoundBytes(int needs, int haves, int count)
    {
        var bits = 0d;
        for (var i = 0; i < haves; i++)
        {
            bits += Math.Log2((count - i) / (double)(haves - i));
        }

        return (needs * (double)Bytes32.Length) + (bits / 8);
    }
}

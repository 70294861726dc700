using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

/// <summary>Not in parallel with others, because it reads the heap.</summary>
[CollectionDefinition(nameof(SetIndexMemoryTests), DisableParallelization = true)]
[Collection(nameof(SetIndexMemoryTests))]
public sealed class SetIndexMemoryTests
{
    private const int Items = 80_000;
    private const int Measurements = 3;

    /// <summary>However far items are out of order, and whether snapshots were taken meanwhile.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(200, 0)]
    [InlineData(Items, 0)]
    [InlineData(200, 100)]
    public void An_index_costs_less_than_10_bytes_an_item_beside_what_holds_it(int disorder, int snapshotEvery)
    {
        var list = new SetItemList();
        var random = new Random(1);
        for (var i = 0; i < Items; i++)
        {
            list.Add(SetShapes.Numbered(i, (ulong)(i + random.Next(disorder + 1))));
        }

        // What others have left may be freed during one measurement, and pools give back memory once: not during most of them.
        var used = Enumerable.Range(0, Measurements).Select(_ => Measure(list, snapshotEvery)).Order().ElementAt(Measurements / 2);
        Assert.InRange(used, 4, 10);
        GC.KeepAlive(list);
    }

    private static double Measure(SetItemList list, int snapshotEvery)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var index = new SetIndex(list);
        for (var i = 0u; i < Items; i++)
        {
            index.Add(i);
            if (snapshotEvery > 0 && i % snapshotEvery == 0)
            {
                _ = index.Snapshot();
            }
        }

        var used = (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / Items;
        GC.KeepAlive(index);
        return used;
    }
}

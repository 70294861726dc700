using CsCheck;
using DChat.Libp2p.Protocols.Kad.Storage;

namespace DChat.Libp2p.Tests.Protocols.Kad;

public sealed class FairStoreTests
{
    [Fact]
    public void A_flood_of_one_share_pushes_out_only_itself()
    {
        var store = new FairStore<int, int>(maxItems: 100, maxBytes: 10_000);
        for (var i = 0; i < 30; i++)
        {
            Assert.True(store.TryPut(i, i, 10, $"honest{i % 3}"));
        }

        for (var i = 1000; i < 10_000; i++)
        {
            store.TryPut(i, i, 10, "flood");
        }

        Assert.Equal(100, store.Count);
        Assert.All(Enumerable.Range(0, 30), i => Assert.True(store.TryGet(i, out _)));
        Assert.True(store.TryPut(31, 31, 10, "late"));
        Assert.Equal(100, store.Count);
    }

    [Fact]
    public void Large_items_push_out_only_themselves_too()
    {
        var store = new FairStore<int, int>(maxItems: 100, maxBytes: 1000);
        Assert.True(store.TryPut(1, 1, 100, "honest"));
        Assert.True(store.TryPut(2, 2, 450, "flood"));
        Assert.True(store.TryPut(3, 3, 450, "flood"));
        Assert.False(store.TryPut(4, 4, 450, "flood"));
        Assert.True(store.TryPut(5, 5, 100, "late"));
        Assert.False(store.TryGet(2, out _));
        Assert.False(store.TryPut(6, 6, 1001, "late"));
    }

    [Fact]
    public void It_never_holds_more_than_it_may_and_knows_what_it_holds() =>
        Gen.Select(Gen.Int[0, 40], Gen.Int[1, 60], Gen.Int[0, 5]).Array[0, 400].Sample(steps =>
        {
            var store = new FairStore<int, int>(maxItems: 20, maxBytes: 500);
            var removed = 0;
            store.Removed = (_, _) => removed++;
            var put = 0;
            foreach (var (key, bytes, share) in steps)
            {
                if (share == 5)
                {
                    store.Remove(key);
                }
                else if (store.TryPut(key, bytes, bytes, $"{share}"))
                {
                    put++;
                }

                Assert.InRange(store.Count, 0, 20);
                Assert.InRange(store.Bytes, 0, 500);
                Assert.Equal(store.Bytes, store.Items.Sum(i => i.Value));
                Assert.Equal(store.Count, put - removed);
            }
        }, iter: 300);
}

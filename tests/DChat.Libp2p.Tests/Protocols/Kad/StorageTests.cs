using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Protocols.Kad.Storage;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.Kad;

public sealed class StorageTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_key_has_so_many_providers_and_a_flood_of_one_network_pushes_out_none_of_another()
    {
        var store = new ProviderStore(new KademliaLimits { MaxProvidersPerKey = 10 }, TimeSpan.FromHours(48));
        var key = Multihash.Sha256("k"u8);
        var honest = Enumerable.Range(0, 3).Select(_ => new KadPeer(TestHosts.SomePeer(), [])).ToArray();
        Assert.All(honest, p => Assert.True(store.Add(key, p, "honest", Start)));
        for (var i = 0; i < 50; i++)
        {
            store.Add(key, new KadPeer(TestHosts.SomePeer(), []), "flood", Start.AddSeconds(i));
        }

        Assert.Equal(10, store.Get(key, Start).Count);
        Assert.Equal(10, store.Count);
        Assert.Subset(store.Get(key, Start).Select(p => p.Id).ToHashSet(), honest.Select(p => p.Id).ToHashSet());
        Assert.True(store.Add(key, new KadPeer(TestHosts.SomePeer(), []), "late", Start));
        Assert.Equal(10, store.Count);
    }

    [Fact]
    public void Providers_of_one_network_do_not_hide_those_of_another_by_saying_so_last()
    {
        var store = new ProviderStore(new KademliaLimits(), TimeSpan.FromHours(48));
        var (key, honest) = (Multihash.Sha256("k"u8), new KadPeer(TestHosts.SomePeer(), []));
        Assert.True(store.Add(key, honest, "honest", Start));
        for (var i = 1; i <= 40; i++)
        {
            Assert.True(store.Add(key, new KadPeer(TestHosts.SomePeer(), []), "flood", Start.AddSeconds(i)));
        }

        Assert.Contains(honest, store.Get(key, Start.AddMinutes(1)).Take(2));
    }

    [Fact]
    public void Providers_of_all_keys_together_are_bounded_and_shared_fairly()
    {
        var store = new ProviderStore(new KademliaLimits { MaxProviders = 10, MaxProvidersPerKey = 1 }, TimeSpan.FromHours(48));
        for (var i = 0; i < 30; i++)
        {
            store.Add(BitConverter.GetBytes(i), new KadPeer(TestHosts.SomePeer(), []), "flood", Start);
        }

        Assert.Equal(10, store.Count);
        Assert.True(store.Add("k"u8, new KadPeer(TestHosts.SomePeer(), []), "honest", Start));
        Assert.Single(store.Get("k"u8, Start));
        Assert.Equal(10, store.Count);
    }

    [Fact]
    public void A_provider_that_says_so_again_counts_once_and_expires_later()
    {
        var store = new ProviderStore(new KademliaLimits { MaxProvidersPerKey = 1 }, TimeSpan.FromHours(48));
        var peer = new KadPeer(TestHosts.SomePeer(), []);
        Assert.True(store.Add("k"u8, peer, "a", Start));
        Assert.True(store.Add("k"u8, peer, "a", Start.AddHours(40)));
        Assert.Equal(1, store.Count);
        store.Sweep(Start.AddHours(80));
        Assert.Single(store.Get("k"u8, Start.AddHours(80)));
        Assert.Empty(store.Get("k"u8, Start.AddHours(88)));
        store.Sweep(Start.AddHours(88));
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void A_name_may_ask_so_often_and_names_without_end_take_no_more_memory()
    {
        var rates = new RequestRates<int>(perSecond: 2, burst: 4);
        Assert.Equal(4, Enumerable.Range(0, 10).Count(_ => rates.TryTake(1, TimeSpan.Zero)));
        Assert.False(rates.TryTake(1, TimeSpan.FromMilliseconds(499)));
        Assert.True(rates.TryTake(1, TimeSpan.FromMilliseconds(500)));
        Assert.Equal(4, Enumerable.Range(0, 10).Count(_ => rates.TryTake(1, TimeSpan.FromHours(1))));
        for (var i = 2; i < 20_000; i++)
        {
            rates.TryTake(i, TimeSpan.FromHours(1));
        }

        // One that has asked too often is not forgotten for it.
        Assert.InRange(rates.Count, 1, RequestRates<int>.MaxNames);
        Assert.False(rates.TryTake(1, TimeSpan.FromHours(1)));
    }
}

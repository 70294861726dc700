using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;
using static DChat.Libp2p.Tests.Peers.PeerStores;

namespace DChat.Libp2p.Tests.Peers;

public sealed class PeerStoreTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Strangers_do_not_push_out_whom_the_application_vouched_for_nor_good_and_connected_peers()
    {
        var store = Create(_time);
        store.Vouch(Peer(1), [Address(1)]);
        store.Connect(2);
        store.Connect(3);
        _time.Advance(new PeerStoreLimits().GoodAfter);
        store.Disconnected(Peer(3));
        for (var i = 100; i < 200; i++)
        {
            store.HearOf(i);
        }

        Assert.Equal([PeerTier.Vouched, PeerTier.Connected, PeerTier.Good], Enumerable.Range(1, 3).Select(i => store.TierOf(Peer(i))!.Value));
        Assert.Equal([Address(1)], store.Find(Peer(1))!.Addresses);
        Assert.Equal(3 + 4, store.All.Count);
    }

    [Fact]
    public void A_peer_that_a_protocol_does_well_with_is_good_though_it_was_never_connected_for_long()
    {
        var store = Create(_time);
        Assert.False(store.MarkGood(Peer(1)));
        store.HearOf(1);
        Assert.Empty(store.Export());
        Assert.True(store.MarkGood(Peer(1)));
        Assert.Equal((Peer(1), PeerTier.Good), (Assert.Single(store.Export()).Peer, store.TierOf(Peer(1))));
    }

    [Fact]
    public void A_peer_too_many_that_others_told_of_pushes_out_the_one_not_heard_of_for_longest()
    {
        var store = Create(_time, heardOf: 3);
        Array.ForEach([1, 2, 3], store.HearOf);
        store.HearOf(1);
        Assert.Equal(3, store.All.Count);

        store.HearOf(4);
        Assert.Equal([1, 3, 4], Enumerable.Range(1, 4).Where(i => store.Find(Peer(i)) is not null));
    }

    [Fact]
    public void A_peer_too_many_that_is_vouched_for_makes_the_oldest_an_ordinary_one()
    {
        var store = Create(_time, vouched: 2);
        Array.ForEach([1, 2, 3], i => store.Vouch(Peer(i), [Address(i)]));
        Assert.Equal([PeerTier.HeardOf, PeerTier.Vouched, PeerTier.Vouched], Enumerable.Range(1, 3).Select(i => store.TierOf(Peer(i))!.Value));
    }

    [Fact]
    public void A_good_peer_too_many_makes_the_oldest_an_ordinary_one()
    {
        var store = Create(_time, good: 2);
        foreach (var i in Enumerable.Range(1, 3))
        {
            store.Connect(i);
            _time.Advance(new PeerStoreLimits().GoodAfter);
            store.Disconnected(Peer(i));
        }

        Assert.Equal([PeerTier.HeardOf, PeerTier.Good, PeerTier.Good], Enumerable.Range(1, 3).Select(i => store.TierOf(Peer(i))!.Value));
    }

    [Fact]
    public void A_connected_peer_too_many_is_kept_as_an_ordinary_one_until_there_is_room()
    {
        var store = Create(_time, connected: 2);
        Array.ForEach([1, 2, 3], store.Connect);
        Assert.Equal([PeerTier.HeardOf, PeerTier.Connected, PeerTier.Connected], Enumerable.Range(1, 3).Select(i => store.TierOf(Peer(i))!.Value));

        store.Disconnected(Peer(2));
        store.HearOf(1);
        Assert.Equal(PeerTier.Connected, store.TierOf(Peer(1)));
    }

    [Theory]
    [InlineData(-3, 0, PeerTier.Good)]
    [InlineData(3, -1, PeerTier.HeardOf)]
    public void A_peer_is_good_by_the_time_that_has_passed_whatever_the_clock_is_set_to(int hours, int beyond, PeerTier tier)
    {
        var time = new SteppedTime();
        var store = Create(time);
        store.Connect(1);
        time.Step = TimeSpan.FromHours(hours);
        time.Advance(new PeerStoreLimits().GoodAfter + TimeSpan.FromTicks(beyond));
        store.Disconnected(Peer(1));
        Assert.Equal(tier, store.TierOf(Peer(1)));
    }

    [Fact]
    public void A_peer_is_good_when_it_was_connected_long_enough_by_one_connection_or_several()
    {
        var store = Create(_time);
        store.Connect(1);
        _time.Advance(new PeerStoreLimits().GoodAfter / 2);
        store.Connect(1);
        store.Disconnected(Peer(1));
        Assert.Equal(PeerTier.Connected, store.TierOf(Peer(1)));
        _time.Advance(new PeerStoreLimits().GoodAfter / 2);
        store.Disconnected(Peer(1));
        Assert.Equal(PeerTier.Good, store.TierOf(Peer(1)));

        store.Connect(2);
        _time.Advance(new PeerStoreLimits().GoodAfter - TimeSpan.FromTicks(1));
        store.Disconnected(Peer(2));
        Assert.Equal(PeerTier.HeardOf, store.TierOf(Peer(2)));
    }

    [Fact]
    public void A_new_peer_costs_a_full_store_no_more_than_one_step_a_tier()
    {
        var store = Create(_time, vouched: 1000, connected: 1000, good: 1000, heardOf: 4096);
        for (var i = 0; i < 4096; i++)
        {
            store.HearOf(i);
        }

        Assert.Equal(0, store.Visited);
        for (var i = 0; i < 1000; i++)
        {
            store.HearOf(10_000 + i);
        }

        Assert.Equal(1000, store.Visited);
    }

    [Fact]
    public void What_changes_meanwhile_is_not_lost()
    {
        var store = Create(_time);
        var first = true;
        store.Update(Peer(1), info =>
        {
            if (first)
            {
                first = false;
                Task.Run(() => store.Update(Peer(1), other => other with { AgentVersion = "a" })).Wait(TestContext.Current.CancellationToken);
            }

            return info with { ProtocolVersion = "p" };
        });
        Assert.Equal(("a", "p"), (store.Find(Peer(1))!.AgentVersion, store.Find(Peer(1))!.ProtocolVersion));
    }

    [Fact]
    public void Tags_are_kept_up_to_their_limits()
    {
        var store = Create(_time);
        Assert.False(store.Tag(Peer(1), "x"));
        store.HearOf(1);
        Assert.All(Enumerable.Range(0, PeerStore.MaxTags), i => Assert.True(store.Tag(Peer(1), $"{i}")));
        Assert.False(store.Tag(Peer(1), "more"));
        Assert.True(store.Tag(Peer(1), "0"));
        Assert.True(store.Untag(Peer(1), "0"));
        Assert.False(store.Untag(Peer(1), "0"));
        Assert.True(store.Tag(Peer(1), new string('x', PeerStore.MaxTagLength)));
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Tag(Peer(1), new string('x', PeerStore.MaxTagLength + 1)));
    }

    [Fact]
    public void A_signed_record_is_kept_as_it_was_signed_and_an_older_one_is_not_taken()
    {
        var store = Create(_time);
        using var key = PrivateKey.Generate();
        var newer = new PeerRecord(key.Peer, 2, [Address(2)]).Sign(key).Encode();
        var older = new PeerRecord(key.Peer, 1, [Address(1)]).Sign(key).Encode();
        Assert.True(store.TryAddRecord(newer, out _));
        Assert.True(store.TryAddRecord(older, out var info));

        Assert.Equal([Address(2)], info.Addresses);
        Assert.Equal(newer, info.SignedRecord.ToArray());
        newer[^1] ^= 1;
        Assert.False(store.TryAddRecord(newer, out _));
    }

    [Fact]
    public void A_signed_record_is_kept_up_to_its_longest_length()
    {
        var store = Create(_time);
        using var key = PrivateKey.Generate();
        var sequence = 0UL;
        byte[] OfLength(int length)
        {
            // Four addresses pad the record to within one of them, the last to the byte.
            var bare = new PeerRecord(key.Peer, ++sequence, Addresses(960, 960, 960, 960)).Sign(key).Encode().Length;
            return new PeerRecord(key.Peer, sequence, Addresses(960, 960, 960, 960 + length - bare)).Sign(key).Encode();
        }

        static Multiaddr[] Addresses(params int[] lengths) => [.. lengths.Select(l => Multiaddr.Parse($"/dns/{new string('a', l)}/tcp/1"))];
        var longest = OfLength(PeerStore.MaxSignedRecordLength);
        Assert.Equal(PeerStore.MaxSignedRecordLength, longest.Length);
        Assert.True(store.TryAddRecord(longest, out var info));
        Assert.Equal(longest, info.SignedRecord.ToArray());
        Assert.True(store.TryAddRecord(OfLength(PeerStore.MaxSignedRecordLength + 1), out info));
        Assert.True(info.SignedRecord.IsEmpty);
        Assert.Equal(2UL, info.Record!.Sequence);
    }

    [Fact]
    public void The_store_does_what_a_simple_model_does()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var store = Create(_time, vouched: 2, connected: 3, good: 2, heardOf: 4);
            var model = new PeerStoreModel(vouched: 2, connected: 3, good: 2, heardOf: 4);
            for (var step = 0; step < 200; step++)
            {
                var peer = random.Next(12);
                switch (random.Next(6))
                {
                    case 0: store.HearOf(peer); model.Touch(peer); break;
                    case 1: store.Vouch(Peer(peer), []); model.Touch(peer, e => e.Vouched = true); break;
                    case 2: store.Connect(peer); model.Touch(peer, e => e.Connect(_time.GetUtcNow())); break;
                    case 3 when model.IsConnected(peer): store.Disconnected(Peer(peer)); model.Touch(peer, e => e.Disconnect(_time.GetUtcNow())); break;
                    case 4: Assert.Equal(model.Remove(peer), store.Remove(Peer(peer))); break;
                    case 5: _time.Advance(TimeSpan.FromMinutes(random.Next(8))); break;
                }

                Assert.Equal(Enumerable.Range(0, 12).Select(model.TierOf), Enumerable.Range(0, 12).Select(i => store.TierOf(Peer(i))));
            }
        }
    }
}

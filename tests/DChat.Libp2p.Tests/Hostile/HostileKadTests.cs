using DChat.Libp2p.Addresses;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Protocols.Kad;
using DChat.Libp2p.Yamux;
using Microsoft.Extensions.Time.Testing;
using static DChat.Libp2p.Tests.Hostile.KadRequests;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Peers that mean harm against whole nodes.</summary>
public sealed class HostileKadTests
{
    [Fact]
    public async Task Garbage_costs_its_stream_and_nothing_else()
    {
        await using var network = new TestNetwork();
        await using var node = await KadNode.StartAsync(network, "node");
        var mallory = await network.StartAsync("mallory");
        mallory.Introduce(node.Host);
        var random = new Random(1);
        for (var i = 0; i < 300; i++)
        {
            var garbage = new byte[random.Next(1, 200)];
            random.NextBytes(garbage);
            await SendRawAsync(mallory, node.Peer, garbage);
        }

        // A length that is over the limit is refused before its bytes come.
        await SendRawAsync(mallory, node.Peer, [0xff, 0xff, 0xff, 0x7f]);
        Assert.NotNull(await AskAsync(mallory, node.Peer, new KadMessage(KadMessageType.FindNode) { Key = "k"u8.ToArray() }));
        Assert.InRange(node.Dht.Counters.Refused(KadRefusal.Malformed), 250, 301);
        Assert.Single(mallory.ConnectionsTo(node.Peer));
    }

    [Theory]
    [InlineData(KadMessageType.FindNode)]
    [InlineData(KadMessageType.GetValue)]
    [InlineData(KadMessageType.GetProviders)]
    [InlineData(KadMessageType.PutValue)]
    [InlineData(KadMessageType.AddProvider)]
    internal async Task A_request_without_a_key_is_refused(KadMessageType type)
    {
        await using var network = new TestNetwork();
        await using var node = await KadNode.StartAsync(network, "node");
        var mallory = await network.StartAsync("mallory");
        mallory.Introduce(node.Host);
        Assert.Null(await AskAsync(mallory, node.Peer, new KadMessage(type)));
        Assert.Equal(1, node.Dht.Counters.Refused(KadRefusal.Malformed));
    }

    [Fact]
    public async Task Whoever_asks_and_reads_no_answer_is_let_go_in_time_and_others_are_answered()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        await using var node = await KadNode.StartAsync(network, "node", time: time);
        var (mallory, alice) = (await network.StartAsync("mallory"), await network.StartAsync("alice"));
        mallory.Introduce(node.Host);
        alice.Introduce(node.Host);
        var key = KadNode.Key("k");
        Assert.NotNull(await PutAsync(mallory, node, key, key, KadNode.Value(5, new string('x', 9000))));
        var silent = new List<Libp2pStream>();
        for (var i = 0; i < KadServer.Limits.MaxInbound; i++)
        {
            var stream = await mallory.NewStreamAsync(node.Peer, [Protocol], TestContext.Current.CancellationToken);
            for (var n = 0; n < 40; n++)
            {
                // 40 answers of 9 KB are more than the window of 256 KiB.
                KadMessageWriter.Write(stream.Output, new KadMessage(KadMessageType.GetValue) { Key = key });
            }

            await stream.Output.FlushAsync(TestContext.Current.CancellationToken);
            silent.Add(stream);
        }

        // All its streams wait, and there is none for another.
        var served = (YamuxOptions.InitialWindow / 9000) * KadServer.Limits.MaxInbound;
        await KadNode.UntilAsync(() => node.Dht.Counters.Served((int)KadMessageType.GetValue) >= served);
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => AskAsync(mallory, node.Peer, new KadMessage(KadMessageType.FindNode) { Key = key }));
        Assert.Equal(Libp2pErrorCodes.LimitReached, fault.Code);
        Assert.NotNull(await AskAsync(alice, node.Peer, new KadMessage(KadMessageType.FindNode) { Key = key }));

        await KadNode.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return silent.TrueForAll(s => s.Completion.IsCompleted);
        });
        Assert.NotNull(await AskAsync(mallory, node.Peer, new KadMessage(KadMessageType.FindNode) { Key = key }));
        Assert.InRange(node.Dht.Counters.Served((int)KadMessageType.GetValue), served, 40L * KadServer.Limits.MaxInbound - 1);
    }

    [Fact]
    public async Task Values_that_are_forged_stale_of_another_key_or_of_no_namespace_are_refused()
    {
        await using var network = new TestNetwork();
        await using var node = await KadNode.StartAsync(network, "node");
        var mallory = await network.StartAsync("mallory");
        mallory.Introduce(node.Host);
        var key = KadNode.Key("k");
        Assert.NotNull(await PutAsync(mallory, node, key, key, KadNode.Value(5)));
        Assert.Null(await PutAsync(mallory, node, key, key, "!forged"u8.ToArray()));
        Assert.Null(await PutAsync(mallory, node, key, key, "throw"u8.ToArray()));
        Assert.Null(await PutAsync(mallory, node, key, key, KadNode.Value(4)));
        Assert.Null(await PutAsync(mallory, node, key, KadNode.Key("other"), KadNode.Value(6)));
        Assert.Null(await PutAsync(mallory, node, "/w/k"u8.ToArray(), "/w/k"u8.ToArray(), KadNode.Value(6)));
        Assert.Null(await PutAsync(mallory, node, "k"u8.ToArray(), "k"u8.ToArray(), KadNode.Value(6)));
        Assert.Equal("5:text", KadNode.Text(node.Dht.Kept(key)?.Value));
        Assert.Equal(1, node.Dht.RecordCount);
        Assert.Equal(2, node.Dht.Counters.Refused(KadRefusal.InvalidRecord));
        Assert.Equal(1, node.Dht.Counters.Refused(KadRefusal.StaleRecord));
        Assert.Equal(2, node.Dht.Counters.Refused(KadRefusal.UnknownNamespace));
    }

    [Fact]
    public async Task Nobody_provides_for_others_and_nobody_is_told_of_who_cannot_be_dialed()
    {
        await using var network = new TestNetwork();
        await using var node = await KadNode.StartAsync(network, "node");
        var (mallory, victim) = (await network.StartAsync("mallory"), TestHosts.SomePeer());
        mallory.Introduce(node.Host);
        var key = Multihash.Sha256("k"u8);
        IReadOnlyList<Multiaddr> address = [Multiaddr.Parse("/ip4/8.8.8.8/tcp/1")];
        await TellAsync(mallory, node.Peer, new KadMessage(KadMessageType.AddProvider) { Key = key, ProviderPeers = [new KadPeer(victim, address)] });
        await TellAsync(mallory, node.Peer, new KadMessage(KadMessageType.AddProvider) { Key = "no multihash"u8.ToArray(), ProviderPeers = [new KadPeer(mallory.LocalPeer, address)] });
        Assert.Equal(0, node.Dht.ProviderCount);
        Assert.Equal(1, node.Dht.Counters.Refused(KadRefusal.ForeignProvider));

        // Its own entry counts, that of another in the same message does not.
        await TellAsync(mallory, node.Peer, new KadMessage(KadMessageType.AddProvider)
        {
            Key = key,
            ProviderPeers = [new KadPeer(victim, address), new KadPeer(mallory.LocalPeer, address)],
        });
        await KadNode.UntilAsync(() => node.Dht.ProviderCount == 1);
        var answer = await AskAsync(mallory, node.Peer, new KadMessage(KadMessageType.GetProviders) { Key = key });
        Assert.Equal(mallory.LocalPeer, Assert.Single(answer!.ProviderPeers).Id);
    }

    [Fact]
    public async Task A_peer_asks_as_often_as_it_may_and_others_still_can()
    {
        await using var network = new TestNetwork();
        await using var node = await KadNode.StartAsync(
            network, "node", configure: o => (o.Limits.RequestsPerSecondPerPeer, o.Limits.BurstSeconds) = (1, 10), time: new Microsoft.Extensions.Time.Testing.FakeTimeProvider());
        var (mallory, alice) = (await network.StartAsync("mallory"), await network.StartAsync("alice"));
        mallory.Introduce(node.Host);
        alice.Introduce(node.Host);
        var request = new KadMessage(KadMessageType.FindNode) { Key = "k"u8.ToArray() };
        for (var i = 0; i < 10; i++)
        {
            Assert.NotNull(await AskAsync(mallory, node.Peer, request));
        }

        Assert.Null(await AskAsync(mallory, node.Peer, request));
        Assert.Equal(1, node.Dht.Counters.Refused(KadRefusal.PeerRate));
        Assert.NotNull(await AskAsync(alice, node.Peer, request));
    }

    [Fact]
    public async Task The_peers_of_one_network_ask_no_more_together_than_it_may()
    {
        await using var network = new TestNetwork();
        await using var node = await KadNode.StartAsync(network, "node", configure: o =>
        {
            o.Diversity.GroupOf = address => address.Components[0].Text.StartsWith("dialer", StringComparison.Ordinal) ? "flood" : null;
            (o.Limits.RequestsPerSecondPerNetwork, o.Limits.BurstSeconds) = (5, 2);
        }, time: new Microsoft.Extensions.Time.Testing.FakeTimeProvider());
        var request = new KadMessage(KadMessageType.FindNode) { Key = "k"u8.ToArray() };
        var answered = 0;
        for (var i = 0; i < 20; i++)
        {
            var mallory = await network.StartAsync($"mallory{i}");
            mallory.Introduce(node.Host);
            answered += await AskAsync(mallory, node.Peer, request) is null ? 0 : 1;
        }

        Assert.Equal(10, answered);
        Assert.Equal(10, node.Dht.Counters.Refused(KadRefusal.NetworkRate));
    }

    [Fact]
    public void Public_peers_neither_tell_nor_hear_of_private_addresses()
    {
        var all = "/ip4/8.8.8.8/tcp/1 /ip4/10.0.0.1/tcp/1 /ip4/127.0.0.1/tcp/1 /dns4/example.com/tcp/1".Split(' ').Select(Multiaddr.Parse).ToArray();
        Assert.Equal([all[0], all[3]], KadAddresses.Between(all, Multiaddr.Parse("/ip4/9.9.9.9/tcp/5")));
        Assert.Equal([all[0], all[1], all[3]], KadAddresses.Between(all, Multiaddr.Parse("/ip4/192.168.1.1/tcp/5")));
        Assert.Equal(all, KadAddresses.Between(all, Multiaddr.Parse("/ip4/127.0.0.1/tcp/5")));
    }
}

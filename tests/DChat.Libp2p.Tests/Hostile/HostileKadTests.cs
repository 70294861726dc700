using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Protocols.Kad.Routing;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Protocols.Kad;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Peers that mean harm against whole nodes.</summary>
public sealed class HostileKadTests
{
    private const string Protocol = "/test/kad/1.0.0";

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
    public async Task A_flood_of_records_pushes_out_none_of_another_network()
    {
        await using var network = new TestNetwork();
        var honest = await network.StartAsync("honest");
        Multiaddr? flood = null;
        await using var node = await KadNode.StartAsync(network, "node", configure: o =>
        {
            o.Limits.MaxRecords = 50;
            o.Diversity.GroupOf = address => address.Equals(flood) ? "flood" : null;
        });
        honest.Introduce(node.Host);
        for (var i = 0; i < 20; i++)
        {
            Assert.NotNull(await PutAsync(honest, node, KadNode.Key($"honest{i}"), KadNode.Key($"honest{i}"), KadNode.Value(1)));
        }

        var mallory = await network.StartAsync("mallory");
        mallory.Introduce(node.Host);
        await mallory.ConnectAsync(node.Host.Address(), TestContext.Current.CancellationToken);
        await KadNode.UntilAsync(() => node.Host.ConnectionsTo(mallory.LocalPeer).Count == 1);
        flood = node.Host.ConnectionsTo(mallory.LocalPeer)[0].RemoteAddress;
        for (var i = 0; i < 200; i++)
        {
            await PutAsync(mallory, node, KadNode.Key($"flood{i}"), KadNode.Key($"flood{i}"), KadNode.Value(1));
        }

        Assert.Equal(50, node.Dht.RecordCount);
        Assert.All(Enumerable.Range(0, 20), i => Assert.NotNull(node.Dht.Kept(KadNode.Key($"honest{i}"))));
        Assert.Equal(170, node.Dht.Counters.Refused(KadRefusal.Full));
        Assert.NotNull(await PutAsync(honest, node, KadNode.Key("late"), KadNode.Key("late"), KadNode.Value(1)));
    }

    [Fact]
    public async Task Sybils_of_one_owner_get_its_share_of_the_table_and_displace_nobody()
    {
        await using var network = new TestNetwork();
        await using var node = await KadNode.StartAsync(network, "node", configure: o =>
            o.Diversity.GroupOf = address => address.Components[0].Text.StartsWith("sybil", StringComparison.Ordinal) ? "AS666" : null);
        var honest = new List<KadNode>();
        for (var i = 0; i < 10; i++)
        {
            honest.Add(await KadNode.StartAsync(network, $"honest{i}", node.Host));
        }

        await KadNode.UntilAsync(() => node.Dht.RoutingTable.Count == 10);
        var sybils = new List<KadNode>();
        for (var i = 0; i < 40; i++)
        {
            sybils.Add(await KadNode.StartAsync(network, $"sybil{i}", node.Host));
        }

        await Task.WhenAll(sybils.Select(s => s.Dht.Ready)).WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        var table = node.Dht.RoutingTable;
        Assert.All(honest, h => Assert.Contains(table, p => p.Peer.Equals(h.Peer)));
        var placed = table.Where(p => p.Groups.Contains("AS666")).ToArray();
        Assert.InRange(placed.Length, 1, 24);
        Assert.All(placed.GroupBy(p => p.Bucket), b => Assert.InRange(b.Count(), 1, 4));
        foreach (var each in sybils.Concat(honest))
        {
            await each.DisposeAsync();
        }
    }

    [Fact]
    public async Task One_that_names_itself_and_its_accomplices_for_everything_hides_no_value()
    {
        await using var network = new TestNetwork();
        var nodes = new List<KadNode>();
        for (var i = 0; i < 25; i++)
        {
            nodes.Add(await KadNode.StartAsync(network, $"n{i}", i == 0 ? null : nodes[0].Host, o => o.BucketSize = 4));
        }

        await Task.WhenAll(nodes.Select(n => n.Dht.Ready)).WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        var key = KadNode.Key("wanted");
        Assert.NotEmpty(await nodes[3].Dht.PutValueAsync(key, KadNode.Value(1), TestContext.Current.CancellationToken));

        // The accomplices are alive, closer to the key than every honest node, and name one another.
        var accomplices = new List<Libp2pHost>();
        for (var i = 0; i < 12; i++)
        {
            accomplices.Add(await network.StartAsync($"evil{i}", o => o.Identity = CloseTo(key)));
        }

        IReadOnlyList<KadPeer> named = [.. accomplices.Select(a => new KadPeer(a.LocalPeer, a.ListenAddresses))];
        foreach (var accomplice in accomplices)
        {
            accomplice.SetStreamHandler(Protocol, (stream, token) => AnswerAsync(stream, named, token));
        }

        await using var victim = await KadNode.StartAsync(network, "victim", accomplices[0], o =>
        {
            o.BucketSize = 4;
            o.Bootstrap.Add(nodes[7].Host.Address());
            o.Bootstrap.Add(nodes[8].Host.Address());
        });
        await victim.Dht.Ready.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        Assert.Equal("1:text", KadNode.Text(await victim.Dht.GetValueAsync(key, cancellationToken: TestContext.Current.CancellationToken)));
        var closest = await victim.Dht.GetClosestPeersAsync(key, TestContext.Current.CancellationToken);
        Assert.InRange(closest.Count(p => accomplices.Any(a => a.LocalPeer.Equals(p.Peer))), 0, 2);
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public void Public_peers_neither_tell_nor_hear_of_private_addresses()
    {
        var all = "/ip4/8.8.8.8/tcp/1 /ip4/10.0.0.1/tcp/1 /ip4/127.0.0.1/tcp/1 /dns4/example.com/tcp/1".Split(' ').Select(Multiaddr.Parse).ToArray();
        Assert.Equal([all[0], all[3]], KadAddresses.Between(all, Multiaddr.Parse("/ip4/9.9.9.9/tcp/5")));
        Assert.Equal([all[0], all[1], all[3]], KadAddresses.Between(all, Multiaddr.Parse("/ip4/192.168.1.1/tcp/5")));
        Assert.Equal(all, KadAddresses.Between(all, Multiaddr.Parse("/ip4/127.0.0.1/tcp/5")));
    }

    private static PrivateKey CloseTo(byte[] key)
    {
        var target = KadId.Of(key);
        while (true)
        {
            var candidate = PrivateKey.Generate();
            if (target.CommonPrefix(KadId.Of(candidate.Peer)) >= 8)
            {
                return candidate;
            }

            candidate.Dispose();
        }
    }

    private static async Task AnswerAsync(Libp2pStream stream, IReadOnlyList<KadPeer> named, CancellationToken cancellationToken)
    {
        while (await LengthPrefixed.ReadAsync(stream.Input, KadServer.MaxRequest, cancellationToken) is { } bytes)
        {
            Assert.True(KadMessageReader.TryRead(bytes, out var request));
            KadMessageWriter.Write(stream.Output, new KadMessage(request.Type) { Key = request.Key, CloserPeers = named });
            await stream.Output.FlushAsync(cancellationToken);
        }
    }

    private static Task<KadMessage?> PutAsync(Libp2pHost from, KadNode to, byte[] key, byte[] recordKey, byte[] value) =>
        AskAsync(from, to.Peer, new KadMessage(KadMessageType.PutValue) { Key = key, Record = new KadRecord(recordKey, value) });

    /// <summary>The answer; null when the stream was reset.</summary>
    private static async Task<KadMessage?> AskAsync(Libp2pHost from, PeerId to, KadMessage request)
    {
        await using var stream = await from.NewStreamAsync(to, [Protocol], TestContext.Current.CancellationToken);
        try
        {
            KadMessageWriter.Write(stream.Output, request);
            await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
            var bytes = await LengthPrefixed.ReadAsync(stream.Input, KadMessage.MaxReceived, TestContext.Current.CancellationToken);
            return bytes is not null && KadMessageReader.TryRead(bytes, out var answer) ? answer : null;
        }
        catch (Libp2pException e) when (e.Code == Libp2pErrorCodes.StreamReset)
        {
            return null;
        }
    }

    /// <summary>Sends what is not answered, and waits until the other side has ended the stream.</summary>
    private static async Task TellAsync(Libp2pHost from, PeerId to, KadMessage message) => Assert.Null(await AskAsync(from, to, message));

    private static async Task SendRawAsync(Libp2pHost from, PeerId to, byte[] bytes)
    {
        await using var stream = await from.NewStreamAsync(to, [Protocol], TestContext.Current.CancellationToken);
        try
        {
            await stream.Output.WriteAsync(bytes, TestContext.Current.CancellationToken);
            await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
            await stream.Completion.WaitAsync(TestContext.Current.CancellationToken);
        }
        catch (Libp2pException)
        {
            // Reset already.
        }
    }
}

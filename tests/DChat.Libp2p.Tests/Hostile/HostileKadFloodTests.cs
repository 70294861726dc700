using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Protocols.Kad.Routing;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Protocols.Kad;
using DChat.Libp2p.Wire;
using static DChat.Libp2p.Tests.Hostile.KadRequests;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Many peers or records of one owner, against those of others.</summary>
public sealed class HostileKadFloodTests
{
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
        for (var i = 0; i < 40; i++)
        {
            var sybil = await network.StartAsync($"sybil{i}");
            sybil.SetStreamHandler(Protocol, (stream, token) => AnswerAsync(stream, [], token));
            await sybil.ConnectAndIdentifyAsync(node.Host);
        }

        await KadNode.UntilAsync(() => node.Dht.RoutingTable.Count(p => p.Groups.Contains("AS666")) >= 4);
        var table = node.Dht.RoutingTable;
        Assert.All(honest, h => Assert.Contains(table, p => p.Peer.Equals(h.Peer)));
        var placed = table.Where(p => p.Groups.Contains("AS666")).ToArray();
        Assert.InRange(placed.Length, 1, 24);
        Assert.All(placed.GroupBy(p => p.Bucket), b => Assert.InRange(b.Count(), 1, 4));
        foreach (var each in honest)
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
}

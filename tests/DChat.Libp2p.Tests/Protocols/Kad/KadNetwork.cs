using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad.Routing;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.Kad;

/// <summary>
/// Nodes whose tables are as full as k lets them be. Their ids follow from a seed, and their clock stands still, so that on a
/// busy machine nobody who lives is given up. Disposing it disposes them.
/// </summary>
public sealed class KadNetwork : IAsyncLifetime
{
    public const int Size = 32;

    /// <summary>k.</summary>
    public const int BucketSize = 12;

    /// <summary>As small beside k as the default is, so that a quorum is seen to save requests.</summary>
    public const int Concurrency = 4;

    /// <summary>Hundreds of handshakes, beside other tests.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TestNetwork _network = new();

    /// <summary>What the ids follow from: the first number whose ids are spread as <see cref="IsSpread"/> wants.</summary>
    public int Seed { get; } = Enumerable.Range(1, int.MaxValue - 1).First(seed => IsSpread(Keys(seed)));

    internal List<KadNode> Nodes { get; } = [];

    internal TestNetwork Hosts => _network;

    internal FakeTimeProvider Time { get; } = new();

    public async ValueTask InitializeAsync()
    {
        TestContext.Current.SendDiagnosticMessage("The ids of the Kademlia network follow from seed {0}.", Seed);
        foreach (var (i, key) in Keys(Seed).Index())
        {
            Nodes.Add(await KadNode.StartAsync(_network, $"n{i}", i == 0 ? null : Nodes[0].Host, o => (o.BucketSize, o.Concurrency) = (BucketSize, Concurrency), Time, key));
        }

        // The first one begins with nobody, and knows somebody when somebody has come.
        var token = TestContext.Current.CancellationToken;
        await Task.WhenAll(Nodes.Select(n => n.Dht.Ready)).WaitAsync(Patience, token);
        foreach (var (node, other) in Nodes.SelectMany(n => InHalfOf(n).Select(o => (n, o))).Where(p => p.n.Host.ConnectionsTo(p.o.Peer).Count == 0))
        {
            await node.Host.ConnectAsync(other.Host.Address(), token);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(Patience);
        foreach (var node in Nodes)
        {
            while (!InHalfOf(node).Select(n => n.Peer).ToHashSet().IsSubsetOf(node.Dht.RoutingTable.Select(p => p.Peer)))
            {
                await Task.Yield();
                patience.Token.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>The true closest of the nodes but one, as a search of all finds them.</summary>
    internal IReadOnlyList<PeerId> Closest(ReadOnlySpan<byte> key, KadNode except, int count = BucketSize)
    {
        var target = KadId.Of(key);
        return [.. Nodes.Where(n => n != except).Select(n => n.Peer).OrderBy(p => KadId.Of(p), Comparer<KadId>.Create(target.CompareDistance)).Take(count)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }

        await _network.DisposeAsync();
    }

    private static PrivateKey[] Keys(int seed) =>
        [.. Enumerable.Range(0, Size).Select(i => PrivateKey.FromSeed(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seed}/{i}")))))];

    /// <summary>
    /// Whether the k closest to any key, and one more who asks, are in the same half of the ids as the key, and each node has
    /// a place for everyone in its own half. Then those near a key know all who are near it.
    /// </summary>
    private static bool IsSpread(PrivateKey[] keys)
    {
        KadId[] ids = [.. keys.Select(k => KadId.Of(k.Peer))];
        return ids.All(id => ids.Count(other => id.CommonPrefix(other) == 0) > BucketSize
            && ids.Where(other => other != id && id.CommonPrefix(other) > 0).GroupBy(id.CommonPrefix).All(bucket => bucket.Count() <= BucketSize));
    }

    private IEnumerable<KadNode> InHalfOf(KadNode node) =>
        Nodes.Where(other => other != node && KadId.Of(node.Peer).CommonPrefix(KadId.Of(other.Peer)) > 0);
}

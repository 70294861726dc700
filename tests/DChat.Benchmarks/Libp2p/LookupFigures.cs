using System.Diagnostics;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Protocols.Kad.Routing;
using DChat.Libp2p.Transports.Memory;

namespace DChat.Benchmarks.Libp2p;

/// <summary>
/// What a lookup of Kademlia takes among fifty servers over the memory transport, one lookup at a time: its time, the
/// requests that it sends, and how many of the true k closest it finds.
/// </summary>
internal static class LookupFigures
{
    private const int Nodes = 50;
    private const int Lookups = 40;
    private const int Seed = 1;
    private const int Unlimited = 1_000_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task ReportAsync(BenchmarkReport report, int rounds)
    {
        var nodes = new List<(Libp2pHost Host, KademliaDht Dht)>();
        try
        {
            await StartAsync(nodes);

            // The first round warms up.
            var random = new Random(Seed);
            var (milliseconds, requests, found) = (new List<double>(), 0L, 0);
            for (var i = -1; i < rounds; i++)
            {
                for (var n = 0; n < Lookups; n++)
                {
                    var key = new byte[32];
                    random.NextBytes(key);
                    var (host, dht) = nodes[random.Next(nodes.Count)];
                    var (before, started) = (Sent(dht), Stopwatch.GetTimestamp());
                    var closest = await dht.GetClosestPeersAsync(key);
                    var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                    if (i >= 0)
                    {
                        milliseconds.Add(elapsed);
                        requests += Sent(dht) - before;
                        found += Closest(nodes, key, host.LocalPeer).Intersect(closest.Select(peer => peer.Peer)).Count();
                    }
                }
            }

            report.Add("dht-lookup", Quantiles.Median(milliseconds), "ms");
            report.Add("dht-lookup-messages", requests / (double)milliseconds.Count, "requests");
            report.Add("dht-lookup-found", found / (double)(milliseconds.Count * new KademliaOptions().BucketSize), "of k closest", ">= 0.95");
        }
        finally
        {
            foreach (var (host, dht) in nodes)
            {
                await dht.DisposeAsync();
                await host.DisposeAsync();
            }
        }
    }

    private static async Task StartAsync(List<(Libp2pHost Host, KademliaDht Dht)> nodes)
    {
        var transport = new MemoryTransport();
        for (var i = 0; i < Nodes; i++)
        {
            var options = new Libp2pOptions();
            options.Transports.Clear();
            options.Transports.Add(transport);
            options.ListenAddresses.Add(Multiaddr.Parse($"/memory/kad-{i}"));
            var host = new Libp2pHost(options);
            await host.StartAsync();
            var kademlia = new KademliaOptions { Prefix = "/dchat-bench", Mode = KademliaMode.Server };

            // Within one process nobody is a stranger, and a measurement asks much.
            (kademlia.Limits.RequestsPerSecondPerPeer, kademlia.Limits.RequestsPerSecondPerNetwork) = (Unlimited, Unlimited);
            if (i > 0)
            {
                var first = nodes[0].Host;
                kademlia.Bootstrap.Add(first.ListenAddresses[0].WithPeer(first.LocalPeer));
            }

            var dht = new KademliaDht(host, kademlia);
            await dht.StartAsync();
            nodes.Add((host, dht));
        }

        await Task.WhenAll(nodes.Skip(1).Select(node => node.Dht.Ready)).WaitAsync(Patience);
    }

    private static long Sent(KademliaDht dht) => Enumerable.Range(0, KadCounters.Types.Length).Sum(dht.Counters.Sent);

    private static IEnumerable<PeerId> Closest(List<(Libp2pHost Host, KademliaDht Dht)> nodes, byte[] key, PeerId except)
    {
        var target = KadId.Of(key);
        return nodes.Select(node => node.Host.LocalPeer)
            .Where(peer => !peer.Equals(except))
            .OrderBy(peer => KadId.Of(peer), Comparer<KadId>.Create(target.CompareDistance))
            .Take(new KademliaOptions().BucketSize);
    }
}

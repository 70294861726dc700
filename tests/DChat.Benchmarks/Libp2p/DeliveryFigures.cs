using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Testing.Gateways;

namespace DChat.Benchmarks.Libp2p;

/// <summary>
/// What share of honest messages arrives, and how soon, while every kind of attacker is at work at once: two honest peers
/// talk through a hub, over loopback TCP, and each attacker has an address of its own. Beside it, how soon in quiet.
/// </summary>
internal static class DeliveryFigures
{
    private const string Topic = "/dchat-bench/delivery";
    private const int MessageLength = 256;
    private const int Messages = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task ReportAsync(BenchmarkReport report)
    {
        await using var hub = await TalkerAsync(IPAddress.Loopback, listens: true);
        await using var alice = await TalkerAsync(IPAddress.Parse("127.0.0.10"));
        await using var bob = await TalkerAsync(IPAddress.Parse("127.0.0.11"));
        await JoinAsync(hub, alice, bob);

        // The first round warms up.
        await TalkAsync(alice, bob);
        var (_, quiet) = await TalkAsync(alice, bob);
        using var over = new CancellationTokenSource();
        var attacks = new DeliveryAttacks(hub.Host.ListenAddresses[0], Topic, over.Token);
        var attacking = attacks.RunAsync();
        await Task.Delay(SettleTime);
        var (share, attacked) = await TalkAsync(alice, bob);
        await over.CancelAsync();
        await attacking;
        if (attacks.Actions.Contains(0))
        {
            throw new InvalidOperationException($"An attacker did nothing: {string.Join(", ", attacks.Actions)}.");
        }

        report.Add("attack-delivery", share, "of messages", ">= 1");
        report.Add("attack-delivery-p99", attacked, "ms", peer: "in quiet", ratio: attacked / quiet);
    }

    /// <summary>Publishes one message an interval and waits for all that still come.</summary>
    private static async Task<(double Share, double P99)> TalkAsync(Talker from, Talker to)
    {
        to.Sent.Clear();
        to.Delays.Clear();
        using var timer = new PeriodicTimer(Interval);
        for (var i = 0; i < Messages; i++)
        {
            await timer.WaitForNextTickAsync();
            var data = RandomNumberGenerator.GetBytes(MessageLength);
            to.Sent[Convert.ToHexString(data)] = Stopwatch.GetTimestamp();
            from.Gossip.Publish(Topic, data);
        }

        var started = Stopwatch.GetTimestamp();
        while (to.Delays.Count < Messages && Stopwatch.GetElapsedTime(started) < Patience)
        {
            await Task.Delay(Interval);
        }

        return (to.Delays.Count / (double)Messages, to.Delays.IsEmpty ? double.NaN : Quantiles.P99([.. to.Delays]));
    }

    private static async Task<Talker> TalkerAsync(IPAddress home, bool listens = false)
    {
        var options = new Libp2pOptions();
        if (listens)
        {
            options.ListenAddresses.Add(Multiaddr.Parse($"/ip4/{home}/tcp/0"));
        }
        else
        {
            options.Transports.Clear();
            options.Transports.Add(new HostileTransport(home));
        }

        var host = new Libp2pHost(options);
        await host.StartAsync();
        var gossip = new Gossipsub(host, new GossipsubOptions { FloodPublish = false });
        var talker = new Talker(host, gossip);
        await gossip.StartAsync();
        gossip.Subscribe(Topic, new GossipTopicOptions { Validator = talker.JudgeAsync });
        return talker;
    }

    private static async Task JoinAsync(Talker hub, params Talker[] others)
    {
        foreach (var other in others)
        {
            await other.Host.ConnectAsync(hub.Host.ListenAddresses[0].WithPeer(hub.Host.LocalPeer));
        }

        while (others.Any(other => !other.Gossip.MeshOf(Topic).Contains(hub.Host.LocalPeer)) || hub.Gossip.MeshOf(Topic).Count < others.Length)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    private sealed class Talker(Libp2pHost host, Gossipsub gossip) : IAsyncDisposable
    {
        public Libp2pHost Host => host;

        public Gossipsub Gossip => gossip;

        /// <summary>When each message that is to come was published, by its text.</summary>
        public ConcurrentDictionary<string, long> Sent { get; } = [];

        /// <summary>Milliseconds that each took which has come.</summary>
        public ConcurrentQueue<double> Delays { get; } = [];

        public ValueTask<GossipVerdict> JudgeAsync(GossipMessage message, CancellationToken cancellationToken)
        {
            if (Sent.TryRemove(Convert.ToHexString(message.Data.Span), out var published))
            {
                Delays.Enqueue(Stopwatch.GetElapsedTime(published).TotalMilliseconds);
            }

            return ValueTask.FromResult(message.Data.Length == MessageLength ? GossipVerdict.Accept : GossipVerdict.Reject);
        }

        public async ValueTask DisposeAsync()
        {
            await gossip.DisposeAsync();
            await host.DisposeAsync();
        }
    }
}

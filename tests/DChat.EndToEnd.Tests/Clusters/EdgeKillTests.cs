using System.Diagnostics;
using System.Globalization;
using System.Text;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using DChat.Libp2p.Host;
using DChat.Testing.Clusters;
using DChat.Testing.Gateways;
using DChat.Testing.Messages;
using DChat.Testing.Processes;
using Microsoft.Data.Sqlite;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>An edge dies while peers listen at it: nobody elsewhere waits for it, and nothing of it stays.</summary>
public sealed class EdgeKillTests(ITestOutputHelper output)
{
    /// <summary>The longest that a message may take to a peer of the edge that lives. It takes some milliseconds.</summary>
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);

    /// <summary>How long nothing may stay of the dead edge: it is noticed in 3 s, and tried for 10 s at most.</summary>
    private static readonly TimeSpan MaxLinger = TimeSpan.FromSeconds(30);

    private static readonly ShardId[] Shards = [new(0), new(5), new(10)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Peers_of_the_other_edge_hear_every_message_in_time_and_the_dead_edges_subscriptions_disappear()
    {
        await using var cluster = await StartAsync();
        await using var living = await Listener.StartAsync(cluster.Primary);
        await using var lost = await Listener.StartAsync(cluster.Edge);
        Assert.NotEqual(0, CountSubscriptions(cluster, cluster.Edge));

        await cluster.Edge.KillAsync(Cancel);

        await ChatUntilForgottenAsync(cluster, living);
    }

    [Fact]
    public async Task Peers_hear_messages_in_time_from_a_core_that_starts_while_the_subscriptions_of_a_dead_edge_are_stored()
    {
        await using var cluster = await StartAsync();
        await using var living = await Listener.StartAsync(cluster.Primary);
        await using var lost = await Listener.StartAsync(cluster.Edge);

        await Task.WhenAll(cluster.Edge.KillAsync(Cancel), cluster.Core.KillAsync(Cancel));
        await cluster.Core.RestartAsync(Cancel);
        await living.PushAsync();
        await living.HearAsync(ChildProcess.Patience);

        await ChatUntilForgottenAsync(cluster, living);
    }

    private static Task<MachineCluster> StartAsync() =>
        MachineCluster.StartAsync(["--network", TestCluster.Network.Network, .. MachineCluster.WithoutQuotas], Cancel);

    private async Task ChatUntilForgottenAsync(MachineCluster cluster, Listener living)
    {
        var started = Stopwatch.GetTimestamp();
        var slowest = TimeSpan.Zero;
        try
        {
            do
            {
                var sent = Stopwatch.GetTimestamp();
                await living.PushAsync();
                await living.HearAsync(MaxDelay);
                var took = Stopwatch.GetElapsedTime(sent);
                slowest = took > slowest ? took : slowest;
                Assert.True(Stopwatch.GetElapsedTime(started) < MaxLinger, "The dead edge's subscriptions are still stored.");
            }
            while (CountSubscriptions(cluster, cluster.Edge) > 0);
            output.WriteLine($"forgotten after {Stopwatch.GetElapsedTime(started).TotalSeconds:F2} s; the slowest message took {slowest.TotalMilliseconds:F0} ms");
        }
        catch
        {
            output.WriteLine($"after {Stopwatch.GetElapsedTime(started).TotalSeconds:F2} s; the slowest message before took {slowest.TotalMilliseconds:F0} ms");
            output.WriteLine(cluster.Describe());
            throw;
        }
    }

    /// <summary>How many streams have something of a silo in the subscription store.</summary>
    private static int CountSubscriptions(MachineCluster cluster, SiloProcess silo)
    {
        using var file = new SqliteConnection($"Data Source={Path.Combine(cluster.DataDirectory, "state.db")};Mode=ReadOnly;Pooling=False");
        file.Open();
        using var command = new SqliteCommand("SELECT payload FROM grain_state WHERE storage = 'PubSubStore'", file);
        using var rows = command.ExecuteReader();
        var client = string.Create(CultureInfo.InvariantCulture, $"hosted-127.0.0.1:{silo.Settings.SiloPort}@");
        var count = 0;
        while (rows.Read())
        {
            count += Encoding.UTF8.GetString(rows.GetFieldValue<byte[]>(0)).Contains(client, StringComparison.Ordinal) ? 1 : 0;
        }

        return count;
    }

    /// <summary>A peer that gossips and pushes at one edge.</summary>
    private sealed class Listener : IAsyncDisposable
    {
        private readonly Libp2pHost _listening = new(new Libp2pOptions());
        private readonly Libp2pHost _pushing = new(new Libp2pOptions());
        private readonly Author _author = Author.OfShard(Shards[0].Value);
        private GossipPeer _gossip = null!;
        private PushPeer _push = null!;
        private MessageId _last;

        public static async Task<Listener> StartAsync(SiloProcess edge)
        {
            var listener = new Listener();
            await listener._listening.ConnectAsync(edge.Libp2pAddress(), Cancel);
            listener._gossip = await GossipPeer.StartAsync(listener._listening, Shards, Cancel);
            var gateway = await listener._pushing.ConnectAsync(edge.Libp2pAddress(), Cancel);
            listener._push = await PushPeer.OpenAsync(listener._pushing, gateway, TimeProvider.System, Cancel);
            do
            {
                await listener.PushAsync();
            }
            while (!await listener._gossip.WaitAsync(TimeSpan.FromMilliseconds(200), Cancel));
            await listener.HearAsync(ChildProcess.Patience);
            return listener;
        }

        public async Task PushAsync()
        {
            var envelope = _author.SealOne("a word"u8);
            _last = MessageId.Compute(envelope);
            while ((await _push.PushAsync([envelope], 1, Cancel).WaitAsync(ChildProcess.Patience, Cancel)).Accepted.Count == 0)
            {
                // The core is away: it is tried again until it is there.
            }
        }

        /// <summary>Waits for the message that was pushed last.</summary>
        public async Task HearAsync(TimeSpan patience)
        {
            while (MessageId.Compute((await _gossip.ReadAsync(Cancel).AsTask().WaitAsync(patience, Cancel)).Span) != _last)
            {
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _gossip.DisposeAsync();
            await _listening.DisposeAsync();
            await _pushing.DisposeAsync();
        }
    }
}

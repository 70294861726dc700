using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Placement;
using DChat.Abstractions.Streams;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using DChat.Feeds.Hosting;
using DChat.Testing.Clusters;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace DChat.Cluster.Tests.Streams;

/// <summary>A network of 1,024 shards, all of them followed by an edge.</summary>
public sealed class ManyShardsTests(ITestOutputHelper output)
{
    private const int ShardBits = 10;
    private const int ShardCount = 1 << ShardBits;
    private const int Topics = 256;
    private const int Heartbeats = 8;

    /// <summary>Shorter than the heartbeats that the test waits for: a subscription that hears none is renewed meanwhile.</summary>
    private static readonly TimeSpan StreamSilence = TimeSpan.FromSeconds(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_shards_are_followed_at_the_cost_of_one_heartbeat_a_group_without_renewals_or_warnings()
    {
        var warnings = new Warnings();
        using var renewals = new Renewals();
        await using var cluster = await TestCluster.StartAsync(
            silos: 2,
            silo =>
            {
                silo.Services.Configure<NetworkOptions>(network => network.ShardBits = ShardBits);
                silo.Services.AddShardFeeds(feeds => feeds.StreamSilence = StreamSilence);
                silo.Services.AddSingleton<ILoggerProvider>(warnings);
            },
            roles: [SiloRole.Core, SiloRole.Edge]);
        var edge = cluster.Orleans.Silos[1].ServiceProvider;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var received = new ConcurrentDictionary<MessageId, byte>();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var followers = Enumerable.Range(0, ShardCount).Select(shard => FollowAsync(
            edge.GetRequiredService<IShardFeeds>(), (ushort)shard, received, all, stop.Token)).ToArray();

        var sent = await PublishAsync(edge.GetRequiredService<IClusterClient>());
        await all.Task.WaitAsync(Token);
        Assert.Equal(sent.Order(), received.Keys.Order());

        var told = await CountHeartbeatsAsync(edge.GetRequiredService<IClusterClient>());
        output.WriteLine(string.Join(' ', told));
        Assert.All(told, count => Assert.InRange(count, Heartbeats - 1, Heartbeats + 2));
        Assert.Equal(0, renewals.Count);
        Assert.True(warnings.Lines.IsEmpty, string.Join('\n', warnings.Lines));

        await stop.CancelAsync();
        foreach (var follower in followers)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => follower);
        }
    }

    private static async Task FollowAsync(
        IShardFeeds feeds, ushort shard, ConcurrentDictionary<MessageId, byte> received, TaskCompletionSource all, CancellationToken cancellationToken)
    {
        var address = new ShardAddress(TestCluster.Network.Network, ShardBits, new ShardId(shard));
        await foreach (var range in feeds.FollowAsync(new FeedRequest(address) { Start = FeedStart.Beginning }, cancellationToken))
        {
            foreach (var envelope in range.Envelopes.Envelopes)
            {
                Assert.True(received.TryAdd(MessageId.Compute(envelope.Span), 0), "A message came twice.");
            }

            if (received.Count == Topics)
            {
                all.TrySetResult();
            }
        }
    }

    private static async Task<List<MessageId>> PublishAsync(IClusterClient client)
    {
        List<MessageId> sent = [];
        for (var i = 0; i < Topics; i++)
        {
            var author = new Author(Topic.Public(TestCluster.Network.Network, $"topic-{i}"));
            var envelopes = author.Seal(1);
            sent.Add(MessageId.Compute(envelopes.Bytes));
            var reply = await client.GetGrain<IAdmissionGrain>(0).PublishAsync(new PublishRequest(author.Topic.Tag.ShardOf(ShardBits), envelopes));
            Assert.True(Assert.Single(reply.Results).IsAccepted);
        }

        return sent;
    }

    /// <summary>How many heartbeats each group tells until the first has told enough; every one names all shards of its group.</summary>
    private static async Task<int[]> CountHeartbeatsAsync(IClusterClient client)
    {
        var told = new int[ShardStreams.MaxGroups];
        var isSubscribedToAll = false;
        var isEnough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var i = 0; i < told.Length; i++)
        {
            var group = i;
            var stream = client.GetStreamProvider(ShardStreams.Provider).GetStream<ShardItem>(ShardStreams.Of(TestCluster.Network.Network, group));
            await stream.SubscribeAsync((item, _) =>
            {
                if (Volatile.Read(ref isSubscribedToAll) && item is ShardHeartbeat { Shards.Length: ShardCount / ShardStreams.MaxGroups }
                    && Interlocked.Increment(ref told[group]) == Heartbeats)
                {
                    isEnough.TrySetResult();
                }

                return Task.CompletedTask;
            });
        }

        // Those subscribed to first would otherwise have heard more than the last by as long as subscribing takes.
        Volatile.Write(ref isSubscribedToAll, true);
        await isEnough.Task.WaitAsync(Token);
        return [.. told];
    }

    private sealed class Renewals : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _count;

        public Renewals()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "dchat.feed.renewals")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _count, value));
            _listener.Start();
        }

        public long Count => Interlocked.Read(ref _count);

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Warnings : ILoggerProvider
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => new Logger(categoryName, Lines);

        public void Dispose()
        {
            // Both silos use it, and dispose of it.
        }

        private sealed class Logger(string category, ConcurrentQueue<string> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                // At their start silos remark on the garbage collector, and on a stall as long as the machine is up.
                if (IsEnabled(logLevel) && category is not ("Orleans.Runtime.Silo" or "Orleans.Runtime.Watchdog"))
                {
                    lines.Enqueue($"{category}: {formatter(state, exception)}");
                }
            }
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using DChat.Abstractions.Diagnostics;
using DChat.Testing.Gateways;
using DChat.Testing.Messages;

namespace DChat.Gateway.Tests;

/// <summary>One trace follows a message from the peer that pushes it to those that receive it.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<Activity> _ended = [];
    private readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly ActivityListener _listener;
    private GatewayCluster _gateways = null!;

    public TraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == DChatTelemetry.Name || source.Name.StartsWith("Microsoft.Orleans", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public async ValueTask InitializeAsync()
    {
        _gateways = await GatewayCluster.StartAsync(configure: silo => silo.AddActivityPropagation());
        _patience.CancelAfter(TimeSpan.FromMinutes(1));
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _gateways.DisposeAsync();
        _patience.Dispose();
    }

    [Theory]
    [InlineData("dchat.push")]
    [InlineData("dchat.gossip")]
    public async Task Every_step_of_a_message_belongs_to_the_trace_of_its_coming(string door)
    {
        var author = Author.OfShard(1);
        await using var subscriber = await _gateways.JoinAsync(0, author.Shard, _patience.Token);
        await using var sender = await _gateways.JoinAsync(0, author.Shard, _patience.Token);
        await using var push = await _gateways.PushAsync(0, _patience.Token);

        // A gateway follows a shard from its first peer on; what was durable before is history to it.
        while (!IsWhole([door, "dchat.append", "dchat.fanout"]))
        {
            ReadOnlyMemory<byte> envelope = author.SealOne("hello"u8);
            if (door == "dchat.push")
            {
                await push.PushAsync([envelope], perRequest: 1, _patience.Token);
            }
            else
            {
                sender.Publish(envelope);
            }

            await subscriber.WaitAsync(TimeSpan.FromMilliseconds(100), _patience.Token);
        }
    }

    private bool IsWhole(string[] steps) => _ended.Where(each => each.OperationName == steps[0])
        .Any(start => steps.All(step => _ended.Any(each => each.OperationName == step && each.TraceId == start.TraceId)));
}

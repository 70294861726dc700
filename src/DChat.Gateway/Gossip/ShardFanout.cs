using System.Diagnostics;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Streams;
using DChat.Core.Envelopes;
using DChat.Libp2p.Protocols.Gossip;
using Microsoft.Extensions.Logging;

namespace DChat.Gateway.Gossip;

/// <summary>
/// Hands every message that becomes durable in one shard to gossip, until it is disposed. It starts with the messages of the
/// last <see cref="Margin"/>, because the peer it is made for may have been in the mesh for that long; peers drop copies.
/// Gossip drops what came by gossip, whose ids it remembers for two minutes. Messages that came by sync are skipped: they
/// may be older, and gossip would send them round again.
/// </summary>
internal sealed partial class ShardFanout : IAsyncDisposable
{
    /// <summary>How far back it starts. A peer may have been in the mesh for that long before the gateway hears of it.</summary>
    internal static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(1);

    private readonly ShardAddress _shard;
    private readonly string _topic;
    private readonly IShardFeeds _feeds;
    private readonly Gossipsub _gossipsub;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private FeedStart _start;

    public ShardFanout(ShardAddress shard, string topic, IShardFeeds feeds, Gossipsub gossipsub, TimeProvider time, ILogger logger)
    {
        _shard = shard;
        _topic = topic;
        _feeds = feeds;
        _gossipsub = gossipsub;
        _time = time;
        _logger = logger;
        _start = FeedStart.Since(time.GetTimestamp() - (long)(Margin.TotalSeconds * time.TimestampFrequency));
        _running = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await FollowAsync().ConfigureAwait(false);
                await Task.Delay(RestartDelay, _time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed: that is how it ends.
        }
    }

    private async Task FollowAsync()
    {
        var request = new FeedRequest(_shard) { Start = _start, OnGap = CursorGapAction.SkipToHead, SkipsSynced = true };
        try
        {
            await foreach (var range in _feeds.FollowAsync(request, _stop.Token).ConfigureAwait(false))
            {
                Publish(range);
                _start = FeedStart.After(range.Cursor);
            }
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested)
        {
            LogFailed(failure, _shard);
        }
    }

    private void Publish(EnvelopeRange range)
    {
        using var activity = ActivityContext.TryParse(range.TraceParent, traceState: null, isRemote: true, out var parent)
            ? DChatTelemetry.Activities.StartActivity("dchat.fanout", ActivityKind.Producer, parent)
            : null;
        List<ReadOnlyMemory<byte>> fresh = [];
        var index = 0;
        foreach (var envelope in range.Envelopes.Envelopes)
        {
            if (range.DoorAt(index++) is Door.Push or Door.Gossip)
            {
                fresh.Add(envelope);
            }
        }

        var duplicates = _gossipsub.Publish(_topic, fresh).Count(result => result.IsDuplicate);
        activity?.SetTag("dchat.shard", _shard.Shard.Value).SetTag("dchat.messages", fresh.Count - duplicates);
        GatewayInstruments.Fanned(fresh.Count - duplicates, duplicates);
    }

    [LoggerMessage(1, LogLevel.Error, "Following shard {Shard} failed; peers get its messages live again in a moment.")]
    private partial void LogFailed(Exception failure, ShardAddress shard);
}

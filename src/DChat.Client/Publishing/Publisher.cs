using System.Diagnostics;
using DChat.Abstractions.Diagnostics;
using DChat.Client.Cluster;
using DChat.Client.Devices;
using DChat.Client.Telemetry;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Client.Publishing;

/// <summary>Seals messages and sees them through until they are durable or refused.</summary>
internal sealed class Publisher(
    ICluster cluster, IDeviceStore store, HybridLogicalClock clock, DChatClientOptions options, TimeProvider time) : IDisposable
{
    /// <summary>What a pending message counts for in <see cref="DChatClientOptions.MaxPendingBytes"/> besides its content.</summary>
    internal const int Overhead = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<ShardId, PublishBatcher> _batchers = [];
    private readonly SendBudget _budget = new(options.MaxPendingBytes);
    private readonly TopicWriters _writers = new(store, time);
    private readonly CancellationTokenSource _closing = new();

    /// <summary>Publishes one message to a topic that <paramref name="shard"/> holds.</summary>
    public async Task<PublishOutcome> PublishAsync(
        Topic topic, ShardId shard, ReadOnlyMemory<byte> content, PublishOptions how, CancellationToken cancellationToken)
    {
        using var span = DChatTelemetry.Activities.StartActivity("dchat.publish", ActivityKind.Producer);
        var start = time.GetTimestamp();
        var share = await _budget.AcquireAsync(content.Length + Overhead, cancellationToken).ConfigureAwait(false);
        PendingMessage message;
        try
        {
            message = await SealAsync().ConfigureAwait(false);
        }
        catch
        {
            _budget.Release(share);
            throw;
        }

        BatcherOf(shard).Add(message);
        var outcome = await message.Outcome.WaitAsync(cancellationToken).ConfigureAwait(false);
        ClientInstruments.PublishDuration.Record(time.GetElapsedTime(start).TotalSeconds);
        span?.SetTag("dchat.shard", shard.Value);
        span?.SetTag("dchat.message.id", outcome.MessageId.ToString());
        span?.SetStatus(outcome.IsAccepted ? ActivityStatusCode.Ok : ActivityStatusCode.Error, outcome.Error?.Code);
        return outcome;

        async ValueTask<PendingMessage> SealAsync()
        {
            var composedAt = how.ComposedAt ?? time.GetUtcNow();
            var writer = _writers.Get(topic, how.KeyGeneration);
            var sequence = await writer.Sequences.NextAsync(cancellationToken).ConfigureAwait(false);

            // Stamped last: relays refuse messages whose timestamp is old.
            var envelope = writer.Sealer.Seal(sequence, clock.Next(), how.Retention, composedAt, content.Span, how.Permit.Span);
            return new PendingMessage(
                envelope, MessageId.Compute(envelope), start, span?.Context ?? default, onCompleted: () => _budget.Release(share));
        }
    }

    /// <summary>Fails what is not durable yet.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        lock (_gate)
        {
            foreach (var batcher in _batchers.Values)
            {
                batcher.Dispose();
            }
        }
    }

    private PublishBatcher BatcherOf(ShardId shard)
    {
        lock (_gate)
        {
            if (!_batchers.TryGetValue(shard, out var batcher))
            {
                _batchers[shard] = batcher = new PublishBatcher(cluster, shard, options, time, _closing.Token);
            }

            return batcher;
        }
    }
}

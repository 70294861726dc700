using System.Diagnostics;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Flow;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Client.Cluster;
using DChat.Client.Telemetry;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Client.Publishing;

/// <summary>
/// Gathers the messages of one shard into calls, as <see cref="BatchFormer{TItem}"/> forms them. What may pass is tried
/// again with the same bytes, which the relay recognises.
/// </summary>
internal sealed class PublishBatcher : IDisposable
{
    private readonly BatchCaller<PendingMessage> _calls;
    private readonly ICluster _cluster;
    private readonly ShardId _shard;
    private readonly DChatClientOptions _options;
    private readonly TimeProvider _time;
    private readonly RetryPolicy _retry;
    private readonly CancellationToken _closing;

    public PublishBatcher(ICluster cluster, ShardId shard, DChatClientOptions options, TimeProvider time, CancellationToken closing)
    {
        _cluster = cluster;
        _shard = shard;
        _options = options;
        _time = time;
        _retry = new RetryPolicy(time, options.CallTimeout, () => ClientInstruments.Retries.Add(1));
        _closing = closing;
        _calls = new BatchCaller<PendingMessage>(options.MaxBatchesInFlight, options.Linger, SendAsync, time);
    }

    /// <summary>Takes a message; its outcome comes through <see cref="PendingMessage.Outcome"/>.</summary>
    public void Add(PendingMessage message)
    {
        _calls.Add(prefix: default, message, messages: 1, message.Envelope.Length);
        if (_closing.IsCancellationRequested)
        {
            FailQueued();
        }
    }

    /// <summary>Fails what waits; what is under way fails by the closing token.</summary>
    public void Dispose() => FailQueued();

    private void FailQueued()
    {
        foreach (var message in _calls.TakeAll())
        {
            message.Fail(Closed());
        }
    }

    private async Task SendAsync(IReadOnlyList<PendingMessage> messages)
    {
        List<PendingMessage> batch = [.. messages];
        try
        {
            await DeliverAsync(batch).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            batch.ForEach(message => message.Fail(Closed()));
        }
        catch (Exception failure)
        {
            batch.ForEach(message => message.Fault(failure));
        }
    }

    // A call that fails keeps its place, which holds back the rest of the shard; a message refused for now gives it up,
    // so that one author's quota does not.
    private async Task DeliverAsync(List<PendingMessage> batch)
    {
        ClientInstruments.BatchSize.Record(batch.Count);
        var request = new PublishRequest(_shard, EnvelopeBatch.Pack([.. batch.Select(message => message.Envelope)]));
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var span = StartSpan(batch);
                var reply = await _retry.TryOnceAsync(() => _cluster.PublishAsync(request), _closing).ConfigureAwait(false);
                Settle(batch, reply);
                return;
            }
            catch (DChatException failure) when (failure.IsTransient)
            {
                var tooLate = batch.FindAll(IsTooLate);
                tooLate.ForEach(message => message.Fail(failure));
                if (tooLate.Count == batch.Count)
                {
                    return;
                }
            }
            catch (DChatException failure)
            {
                batch.ForEach(message => message.Fail(failure));
                return;
            }

            ClientInstruments.Retries.Add(batch.Count);
            await _retry.PauseAsync(attempt, _closing).ConfigureAwait(false);
        }
    }

    private void Settle(List<PendingMessage> batch, PublishReply reply)
    {
        if (reply.Results.Length != batch.Count)
        {
            throw new InvalidOperationException($"The relay answered {reply.Results.Length} results to {batch.Count} messages.");
        }

        for (var i = 0; i < batch.Count; i++)
        {
            if (reply.Results[i].Rejection.IsTransient() && !IsTooLate(batch[i]))
            {
                _ = TryLaterAsync(batch[i], reply.Results[i].RetryAfter);
            }
            else
            {
                batch[i].Complete(reply.Log, reply.Results[i]);
            }
        }
    }

    private async Task TryLaterAsync(PendingMessage message, TimeSpan atLeast)
    {
        ClientInstruments.Retries.Add(1);
        try
        {
            await _retry.PauseAsync(message.Refusals++, atLeast, _closing).ConfigureAwait(false);
            Add(message);
        }
        catch (OperationCanceledException)
        {
            message.Fail(Closed());
        }
    }

    private bool IsTooLate(PendingMessage message) => _time.GetElapsedTime(message.StartedAt) >= _options.RetryTimeout;

    private static DChatException Closed() => new(DChatErrorCodes.ClientClosed, "The client was disposed before the message was durable.");

    // One call carries many messages: it belongs to the first one's trace and links the others.
    private static Activity? StartSpan(List<PendingMessage> batch)
    {
        var traced = batch.FindAll(message => message.Trace != default);
        var span = traced.Count == 0
            ? null
            : DChatTelemetry.Activities.StartActivity(
                ActivityKind.Client,
                traced[0].Trace,
                links: traced.Skip(1).Select(message => new ActivityLink(message.Trace)),
                name: "dchat.publish.batch");
        return span?.SetTag("dchat.batch.size", batch.Count);
    }
}

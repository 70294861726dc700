using System.Diagnostics;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Client.Cluster;
using DChat.Client.Telemetry;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Client.Publishing;

/// <summary>
/// Gathers the messages of one shard into calls (DESIGN §2.3: ≤ 256 messages, ≤ 256 KiB, ≤ 2 ms). A message that finds
/// nothing under way goes at once; others wait for company until a call returns, the batch is full or the linger is over.
/// What may pass is tried again with the same bytes, which the relay recognises.
/// </summary>
internal sealed class PublishBatcher : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<PendingMessage> _queue = new();
    private readonly ICluster _cluster;
    private readonly ShardId _shard;
    private readonly DChatClientOptions _options;
    private readonly TimeProvider _time;
    private readonly RetryPolicy _retry;
    private readonly ITimer _linger;
    private readonly CancellationToken _closing;
    private long _queuedBytes;
    private int _inFlight;
    private bool _lingering;
    private bool _lingerOver;

    public PublishBatcher(ICluster cluster, ShardId shard, DChatClientOptions options, TimeProvider time, CancellationToken closing)
    {
        _cluster = cluster;
        _shard = shard;
        _options = options;
        _time = time;
        _retry = new RetryPolicy(time, options.CallTimeout, () => ClientInstruments.Retries.Add(1));
        _closing = closing;
        _linger = time.CreateTimer(_ => OnLingerOver(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes a message; its outcome comes through <see cref="PendingMessage.Outcome"/>.</summary>
    public void Add(PendingMessage message)
    {
        lock (_gate)
        {
            _queue.Enqueue(message);
            _queuedBytes += message.Envelope.Length;
        }

        SendWhatIsReady();
        if (_closing.IsCancellationRequested)
        {
            FailQueued();
        }
    }

    /// <summary>Fails what waits; what is under way fails by the closing token.</summary>
    public void Dispose()
    {
        _linger.Dispose();
        FailQueued();
    }

    private void FailQueued()
    {
        lock (_gate)
        {
            while (_queue.TryDequeue(out var message))
            {
                message.Fail(Closed());
            }
        }
    }

    private void OnLingerOver()
    {
        lock (_gate)
        {
            _lingerOver = _lingering;
            _lingering = false;
        }

        SendWhatIsReady();
    }

    private void SendWhatIsReady()
    {
        while (TakeReady() is { } batch)
        {
            // Never faults: every failure goes to the messages.
            _ = SendAsync(batch);
        }
    }

    private List<PendingMessage>? TakeReady()
    {
        lock (_gate)
        {
            if (_queue.Count == 0 || _inFlight == _options.MaxBatchesInFlight)
            {
                return null;
            }

            var full = _queue.Count >= EnvelopeBatch.MaxCount || _queuedBytes >= EnvelopeBatch.MaxBytes;
            if (_inFlight > 0 && !full && !_lingerOver)
            {
                if (!_lingering)
                {
                    _lingering = true;
                    _linger.Change(_options.Linger, Timeout.InfiniteTimeSpan);
                }

                return null;
            }

            _linger.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _lingering = _lingerOver = false;
            _inFlight++;
            return TakeBatch();
        }
    }

    private List<PendingMessage> TakeBatch()
    {
        List<PendingMessage> batch = [];
        var bytes = 0;
        while (batch.Count < EnvelopeBatch.MaxCount
            && _queue.TryPeek(out var next)
            && (batch.Count == 0 || bytes + next.Envelope.Length <= EnvelopeBatch.MaxBytes))
        {
            bytes += next.Envelope.Length;
            batch.Add(_queue.Dequeue());
        }

        _queuedBytes -= bytes;
        return batch;
    }

    private async Task SendAsync(List<PendingMessage> batch)
    {
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

        lock (_gate)
        {
            _inFlight--;
        }

        SendWhatIsReady();
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

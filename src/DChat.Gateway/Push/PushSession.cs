using System.Diagnostics;
using System.Threading.Channels;
using DChat.Abstractions.Diagnostics;
using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Wire;
using DChat.Gateway.Admission;
using DChat.Libp2p;
using DChat.Libp2p.Host;
using DChat.Libp2p.Primitives;
using Google.Protobuf;

namespace DChat.Gateway.Push;

/// <summary>
/// One push stream. Reads and verifies one request at a time and lets any number wait for the disk, within the budgets;
/// an envelope counts against the stream's until its answer is on the way, and against the gateway's until it is judged and
/// durable: a peer that does not read its answers must not take the room of others.
/// </summary>
internal sealed class PushSession(
    Libp2pStream stream, PushReplies replies, AdmissionWorkers workers, ShardAppenders appenders, ByteBudget gatewayBudget, TimeProvider time)
{
    private readonly ByteBudget _bytes = new(PushLimits.MaxUnansweredBytes);
    private readonly ByteBudget _count = new(PushLimits.MaxUnanswered);

    // Unbounded, because everything in it has been taken from the budgets.
    private readonly Channel<PushOutcome> _outcomes = Channel.CreateUnbounded<PushOutcome>(new UnboundedChannelOptions { SingleReader = true });
    private readonly AdmissionSource _source = new(Door.Push, stream.RemotePeer.ToString());
    private readonly List<Task> _appends = [];
    private long _heldBytes;
    private ulong _next;

    /// <summary>Serves the stream to its end.</summary>
    /// <param name="welcome">What to send first.</param>
    /// <param name="draining">Fires when no more is to be read.</param>
    /// <param name="cancellationToken">Fires when the stream is to be given up.</param>
    public async Task RunAsync(PushWelcome welcome, CancellationToken draining, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, draining);
        var answering = Task.CompletedTask;
        try
        {
            await replies.SendAsync(welcome, stop.Token).ConfigureAwait(false);
            answering = AnswerAsync(stop);
            await ReadToEndAsync(reading.Token, stop.Token).ConfigureAwait(false);
            await Task.WhenAll(_appends).ConfigureAwait(false);
            _outcomes.Writer.Complete();
            await answering.ConfigureAwait(false);
        }
        catch
        {
            stream.Reset();
            await stop.CancelAsync().ConfigureAwait(false);
            if (_outcomes.Reader.Completion.IsFaulted)
            {
                // What ended the session, and not that everything else was cancelled for it.
                await _outcomes.Reader.Completion.ConfigureAwait(false);
            }

            throw;
        }
        finally
        {
            // A peer that resets its stream must not get room for more before what it sent has left the memory.
            await Task.WhenAll([answering, .. _appends]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            gatewayBudget.Release(_heldBytes);
        }
    }

    private async Task ReadToEndAsync(CancellationToken reading, CancellationToken stop)
    {
        try
        {
            while (await LengthPrefixed.ReadAsync(stream.Input, PushLimits.MaxRequestBytes, reading).ConfigureAwait(false) is { } frame)
            {
                await ProcessAsync(Parse(frame), reading, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // The gateway drains: what has been read is still answered.
        }
    }

    private async Task ProcessAsync(ReadOnlyMemory<byte>[] envelopes, CancellationToken reading, CancellationToken stop)
    {
        var bytes = envelopes.Sum(envelope => envelope.Length);
        await _count.AcquireAsync(envelopes.Length, reading).ConfigureAwait(false);
        await _bytes.AcquireAsync(bytes, reading).ConfigureAwait(false);
        await gatewayBudget.AcquireAsync(bytes, reading).ConfigureAwait(false);
        Interlocked.Add(ref _heldBytes, bytes);
        using var activity = DChatTelemetry.Activities.StartActivity("dchat.push", ActivityKind.Server);
        activity?.SetTag("dchat.messages", envelopes.Length);
        var started = time.GetTimestamp();
        var first = _next;
        _next += (ulong)envelopes.Length;
        var admitted = await workers.AdmitAsync(envelopes, _source, stop).ConfigureAwait(false);
        foreach (var (place, code) in admitted.Rejected)
        {
            Settle(PushOutcome.Rejected(first + (ulong)place, envelopes[place].Length, code));
        }

        _appends.RemoveAll(append => append.IsCompleted);
        foreach (var (offer, places) in admitted.Offers)
        {
            _appends.Add(AppendAsync(offer, places, first, started));
        }
    }

    private async Task AppendAsync(AdmittedOffer offer, IReadOnlyList<int> places, ulong first, long started)
    {
        try
        {
            var (log, results) = await appenders.AppendAsync(offer, Door.Push).ConfigureAwait(false);
            GatewayInstruments.PushDuration.Record(time.GetElapsedTime(started).TotalSeconds);
            for (var i = 0; i < results.Length; i++)
            {
                Settle(new PushOutcome(
                    first + (ulong)places[i], offer.Envelopes[i].Length, offer.Shard, log, offer.Ids[i], results[i]));
            }
        }
        catch (DChatException failure) when (failure.IsTransient)
        {
            for (var i = 0; i < places.Count; i++)
            {
                Settle(PushOutcome.Rejected(
                    first + (ulong)places[i], offer.Envelopes[i].Length, RejectionCode.StorageUnavailable));
            }
        }
        catch (Exception failure)
        {
            // A fault of ours: without an answer the peer would wait for ever, so the stream ends.
            _outcomes.Writer.TryComplete(failure);
        }
    }

    private async Task AnswerAsync(CancellationTokenSource stop)
    {
        try
        {
            while (await _outcomes.Reader.WaitToReadAsync(stop.Token).ConfigureAwait(false))
            {
                List<PushOutcome> ready = [];
                while (ready.Count < PushLimits.MaxUnanswered && _outcomes.Reader.TryRead(out var outcome))
                {
                    ready.Add(outcome);
                }

                await replies.SendAsync(ready, stop.Token).ConfigureAwait(false);
                Release(ready);
            }
        }
        catch
        {
            // The reader waits for room that will not come.
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Leaves an outcome to be answered; the envelope itself is needed no more.</summary>
    private void Settle(in PushOutcome outcome)
    {
        _outcomes.Writer.TryWrite(outcome);
        Interlocked.Add(ref _heldBytes, -outcome.Bytes);
        gatewayBudget.Release(outcome.Bytes);
    }

    private void Release(List<PushOutcome> answered)
    {
        _count.Release(answered.Count);
        _bytes.Release(answered.Sum(outcome => outcome.Bytes));
    }

    private static ReadOnlyMemory<byte>[] Parse(byte[] frame)
    {
        PushRequest request;
        try
        {
            request = PushRequest.Parser.ParseFrom(frame);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new Libp2pException(Libp2pErrorCodes.Malformed, "A push request is malformed.", inner: e);
        }

        var bytes = request.Envelopes.Sum(envelope => (long)envelope.Length);
        return request.Envelopes.Count is >= 1 and <= EnvelopeBatch.MaxCount && bytes <= EnvelopeBatch.MaxBytes
            ? [.. request.Envelopes.Select(envelope => envelope.Memory)]
            : throw new Libp2pException(
                Libp2pErrorCodes.LimitReached,
                $"A push request has 1–{EnvelopeBatch.MaxCount} envelopes and at most {EnvelopeBatch.MaxBytes} bytes; this one has {request.Envelopes.Count} and {bytes}.");
    }
}

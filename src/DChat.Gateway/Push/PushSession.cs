using System.Diagnostics;
using System.Threading.Channels;
using DChat.Abstractions.Admission;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Flow;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Wire;
using DChat.Gateway.Admission;
using DChat.Libp2p;
using DChat.Libp2p.Streams;
using Google.Protobuf;

namespace DChat.Gateway.Push;

/// <summary>
/// One push stream. Reads and verifies one request at a time; any number may wait for the disk, within two budgets. A request
/// is taken from both as soon as its length is known. The gateway's budget gets an envelope back when it is refused or
/// durable, the stream's own when its answer was sent. So a peer that does not read its answers uses up its own budget alone.
/// </summary>
internal sealed class PushSession(
    Libp2pStream stream,
    AdmissionSource source,
    PushReplies replies,
    IAdmissionDoor door,
    ShardAppenders appenders,
    ByteBudget gatewayBudget,
    ForgeryWatch forgeries,
    TimeProvider time)
{
    private readonly ByteBudget _bytes = new(PushLimits.MaxUnansweredBytes);
    private readonly ByteBudget _count = new(PushLimits.MaxUnanswered);

    // Not bounded itself: the stream's budgets bound what is in it. The outcomes of one call stay one item, so that they are
    // answered together; in parts, each part would need a signature of its own.
    private readonly Channel<PushOutcome[]> _outcomes = Channel.CreateUnbounded<PushOutcome[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<Task> _appends = [];
    private long _heldBytes;
    private bool _isReclaimed;
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
            if (_isReclaimed)
            {
                throw new Libp2pException(
                    Libp2pErrorCodes.LimitReached, "The room for a request was given to others while the peer was sending it.", isTransient: true);
            }
        }
        catch
        {
            stream.Reset();
            await stop.CancelAsync().ConfigureAwait(false);
            if (_outcomes.Reader.Completion.IsFaulted)
            {
                // Throws the fault that ended the session instead of the cancellation that followed from it.
                await _outcomes.Reader.Completion.ConfigureAwait(false);
            }

            throw;
        }
        finally
        {
            // The budget gets the bytes back only when no task holds them any more. Otherwise a peer could reset its streams and
            // make the gateway hold more than the budget.
            await Task.WhenAll([answering, .. _appends]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ReleaseHeld(Interlocked.Read(ref _heldBytes));
        }
    }

    private async Task ReadToEndAsync(CancellationToken reading, CancellationToken stop)
    {
        try
        {
            while (await FrameReader.ReadLengthAsync(stream.Input, PushLimits.MaxRequestBytes, reading).ConfigureAwait(false) is { } length)
            {
                if (await ReadRequestAsync(length, reading).ConfigureAwait(false) is not { } envelopes)
                {
                    // What came before is still answered.
                    return;
                }

                if (await ProcessAsync(envelopes, stop).ConfigureAwait(false))
                {
                    await Task.Delay(PushLimits.PauseWhenSpent, time, reading).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // The gateway drains: what has been read is still answered.
        }
    }

    /// <summary>
    /// Takes a request of that length from the budgets and reads it. The stream's own budget comes first: a peer that does not
    /// read its answers waits for that one and holds nothing of the gateway's.
    /// </summary>
    private async Task<ReadOnlyMemory<byte>[]?> ReadRequestAsync(int length, CancellationToken reading)
    {
        await _count.AcquireAsync(EnvelopeBatch.MaxCount, reading).ConfigureAwait(false);
        await _bytes.AcquireAsync(length, reading).ConfigureAwait(false);
        if (await ReadFrameAsync(length, reading).ConfigureAwait(false) is not { } frame)
        {
            return null;
        }

        var envelopes = Parse(frame);
        var rest = length - envelopes.Sum(envelope => envelope.Length);
        _count.Release(EnvelopeBatch.MaxCount - envelopes.Length);
        _bytes.Release(rest);
        ReleaseHeld(rest);
        return envelopes;
    }

    /// <summary>Reads a request; null when its room was needed for others before it had come.</summary>
    private async Task<byte[]?> ReadFrameAsync(int length, CancellationToken reading)
    {
        using var room = await gatewayBudget.AcquireToReadAsync(length, reading, source.Prefix).ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(reading, room.Reclaimed);
        var lent = length;
        GatewayInstruments.PushHeld.Add(lent);
        try
        {
            var frame = await PeerPatience.WaitAsync(
                FrameReader.ReadBodyAsync(stream.Input, length, either.Token), PushLimits.RequestTimeout, "send the rest of a request", time, either.Token)
                .ConfigureAwait(false);
            if (room.TryKeep())
            {
                lent = 0;
                Interlocked.Add(ref _heldBytes, length);
                return frame;
            }
        }
        catch (OperationCanceledException) when (room.Reclaimed.IsCancellationRequested)
        {
            // Counted below, as when it happens after the last byte.
        }
        finally
        {
            GatewayInstruments.PushHeld.Add(-lent);
        }

        GatewayInstruments.PushReclaimed.Add(1);
        _isReclaimed = true;
        return null;
    }

    /// <summary>Has a request judged and what is good in it appended; says whether its source has nothing left.</summary>
    private async Task<bool> ProcessAsync(ReadOnlyMemory<byte>[] envelopes, CancellationToken stop)
    {
        using var activity = DChatTelemetry.Activities.StartActivity("dchat.push", ActivityKind.Server);
        activity?.SetTag("dchat.messages", envelopes.Length);
        var started = time.GetTimestamp();
        var first = _next;
        _next += (ulong)envelopes.Length;
        var verdicts = await door.AdmitAsync(envelopes, shard: null, source, stop).ConfigureAwait(false);
        if (verdicts.Refused.Count > 0)
        {
            Settle([.. verdicts.Refused.Select(refused =>
                PushOutcome.Rejected(first + (ulong)refused.Place, envelopes[refused.Place].Length, refused.Result))]);
            foreach (var _ in verdicts.Refused.Where(refused => refused.Result.Rejection == RejectionCode.BadSignature))
            {
                forgeries.Note(stream.RemotePeer);
            }
        }

        _appends.RemoveAll(append => append.IsCompleted);
        foreach (var batch in verdicts.Batches)
        {
            _appends.Add(AppendAsync(batch, first, started));
        }

        return verdicts.IsSourceSpent;
    }

    private async Task AppendAsync(AdmittedBatch batch, ulong first, long started)
    {
        try
        {
            var (log, results) = await appenders.AppendAsync(batch).ConfigureAwait(false);
            GatewayInstruments.PushDuration.Record(time.GetElapsedTime(started).TotalSeconds);
            Settle([.. results.Select((result, i) => new PushOutcome(
                first + (ulong)batch.Places[i], batch.Envelopes[i].Length, batch.Shard, log, batch.Results[i].MessageId, result))]);
        }
        catch (DChatException failure) when (failure.IsTransient)
        {
            Settle([.. batch.Places.Select((place, i) => PushOutcome.Rejected(
                first + (ulong)place, batch.Envelopes[i].Length, new PublishResult(RejectionCode.StorageUnavailable)))]);
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
                while (ready.Count < PushLimits.MaxUnanswered && _outcomes.Reader.TryRead(out var settled))
                {
                    ready.AddRange(settled);
                }

                await replies.SendAsync(ready, stop.Token).ConfigureAwait(false);
                Release(ready);
            }
        }
        catch
        {
            // Without answers the stream's budget gets nothing back, and reading would wait for it for ever.
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Queues outcomes for the answers, and gives the envelopes back to the gateway's budget: they are not needed any more.</summary>
    private void Settle(PushOutcome[] outcomes)
    {
        _outcomes.Writer.TryWrite(outcomes);
        ReleaseHeld(outcomes.Sum(outcome => outcome.Bytes));
    }

    private void ReleaseHeld(long bytes)
    {
        Interlocked.Add(ref _heldBytes, -bytes);
        GatewayInstruments.PushHeld.Add(-bytes);
        gatewayBudget.Release(bytes, source.Prefix);
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

using System.Collections.Concurrent;
using System.Diagnostics;
using DChat.Abstractions.Admission;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Flow;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using DChat.Gateway.Admission;
using DChat.Libp2p.Protocols.Gossip;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Gossip;

/// <summary>
/// Judges gossiped envelopes and brings the good ones to their shard. The verdict does not wait for the disk: gossip goes
/// on while the storage is down, and what could not be kept meanwhile is tried again as long as there is room for it.
/// </summary>
internal sealed partial class GossipIntake(
    IAdmissionDoor door,
    ShardAppenders appenders,
    PeerSources sources,
    ForgeryWatch forgeries,
    IOptions<GatewayOptions> options,
    TimeProvider time,
    ILogger<GossipIntake> logger) : IDisposable
{
    /// <summary>The memory of a waiting envelope besides its bytes.</summary>
    private const int Overhead = 512;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>How long the gateway tries to keep an envelope. After that its relay gets the message from others by sync.</summary>
    internal static readonly TimeSpan RetryTimeout = TimeSpan.FromMinutes(2);

    private readonly ILogger _logger = logger;
    private readonly ByteBudget _budget = new(options.Value.MaxGossipBytes, options.Value.MaxGossipBytes / 2);
    private readonly ConcurrentDictionary<Task, byte> _keeping = new();
    private readonly CancellationTokenSource _stop = new();

    /// <summary>The validator of a shard's topic.</summary>
    public GossipValidator ValidatorOf(ShardId shard) => (message, cancellationToken) => JudgeAsync(shard, message, cancellationToken);

    /// <summary>Bytes that are accepted and not kept yet.</summary>
    public long WaitingBytes => _budget.Held;

    /// <summary>Completes when everything that was accepted is kept, or given up.</summary>
    public Task DrainAsync() => Task.WhenAll(_keeping.Keys);

    /// <summary>Gives up what is not kept yet.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async ValueTask<GossipVerdict> JudgeAsync(ShardId shard, GossipMessage message, CancellationToken cancellationToken)
    {
        using var activity = DChatTelemetry.Activities.StartActivity("dchat.gossip", ActivityKind.Server);
        activity?.SetTag("dchat.shard", shard.Value);
        var source = sources.Of(Door.Gossip, message.ReceivedOver);
        var verdicts = await door.AdmitAsync([message.Data], shard, source, cancellationToken).ConfigureAwait(false);
        var rejection = verdicts.Refused is [var refused] ? refused.Result.Rejection : RejectionCode.None;
        var verdict = GossipVerdicts.Of(rejection);
        GatewayInstruments.Gossiped(verdict, rejection);
        activity?.SetTag("dchat.rejection", rejection.ToCode());
        if (verdict == GossipVerdict.Accept)
        {
            Keep(verdicts.Batches[0]);
        }
        else if (verdict == GossipVerdict.Reject)
        {
            forgeries.Note(message.ReceivedFrom);
        }

        return verdict;
    }

    private void Keep(AdmittedBatch batch)
    {
        if (!_budget.TryAcquire(batch.Bytes + Overhead, batch.Source.Prefix))
        {
            GatewayInstruments.GossipNotKept("no-room");
            return;
        }

        var kept = KeepAsync(batch);
        if (!kept.IsCompleted)
        {
            _keeping.TryAdd(kept, 0);
            _ = kept.ContinueWith(done => _keeping.TryRemove(done, out _), TaskScheduler.Default);
        }
    }

    private async Task KeepAsync(AdmittedBatch batch)
    {
        try
        {
            var started = time.GetTimestamp();
            while (!await TryKeepAsync(batch).ConfigureAwait(false))
            {
                if (time.GetElapsedTime(started) > RetryTimeout)
                {
                    GatewayInstruments.GossipNotKept("storage-unavailable");
                    return;
                }

                await Task.Delay(RetryDelay, time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            GatewayInstruments.GossipNotKept("stopped");
        }
        catch (Exception failure)
        {
            GatewayInstruments.GossipNotKept("failed");
            LogNotKept(failure, batch.Results[0].MessageId, batch.Shard);
        }
        finally
        {
            _budget.Release(batch.Bytes + Overhead, batch.Source.Prefix);
        }
    }

    private async Task<bool> TryKeepAsync(AdmittedBatch batch)
    {
        try
        {
            var (_, results) = await appenders.AppendAsync(batch).ConfigureAwait(false);
            return !results[0].Rejection.IsTransient();
        }
        catch (DChatException failure) when (failure.IsTransient)
        {
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Message {Message} could not be kept in shard {Shard}.")]
    private partial void LogNotKept(Exception failure, MessageId message, ShardId shard);
}

using System.Diagnostics;
using DChat.Abstractions.Diagnostics;
using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using DChat.Core.Topics;
using DChat.Gateway.Admission;
using DChat.Libp2p.Protocols.Gossipsub;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Gossip;

/// <summary>
/// Judges gossiped envelopes and brings the good ones to their shard. The verdict does not wait for the disk: gossip goes
/// on while the storage is down, and what could not be kept meanwhile is tried again as long as there is room for it.
/// </summary>
internal sealed partial class GossipIntake(
    AdmissionWorkers workers, ShardAppenders appenders, IOptions<GatewayOptions> options, TimeProvider time, ILogger<GossipIntake> logger)
{
    /// <summary>What an envelope in wait costs besides its bytes.</summary>
    private const int Overhead = 512;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>How long an envelope is tried again; later copies come by sync.</summary>
    internal static readonly TimeSpan RetryTimeout = TimeSpan.FromMinutes(2);

    private readonly ILogger _logger = logger;
    private readonly ByteBudget _budget = new(options.Value.MaxGossipBytes);

    /// <summary>The validator of a shard's topic.</summary>
    public GossipValidator ValidatorOf(ShardId shard) => (message, cancellationToken) => JudgeAsync(shard, message, cancellationToken);

    private async ValueTask<GossipVerdict> JudgeAsync(ShardId shard, GossipMessage message, CancellationToken cancellationToken)
    {
        using var activity = DChatTelemetry.Activities.StartActivity("dchat.gossip", ActivityKind.Server);
        activity?.SetTag("dchat.shard", shard.Value);
        var source = new AdmissionSource(Door.Gossip, message.ReceivedFrom.ToString());
        var result = await workers.AdmitAsync(message.Data, shard, source, cancellationToken).ConfigureAwait(false);
        var verdict = GossipVerdicts.Of(result.Rejection);
        GatewayInstruments.Gossiped(verdict, result.Rejection);
        activity?.SetTag("dchat.rejection", result.Rejection.ToCode());
        if (verdict == GossipVerdict.Accept)
        {
            Keep(new AdmittedOffer(shard, [message.Data], [result.MessageId]), cancellationToken);
        }

        return verdict;
    }

    private void Keep(AdmittedOffer offer, CancellationToken cancellationToken)
    {
        if (_budget.TryAcquire(offer.Bytes + Overhead))
        {
            _ = KeepAsync(offer, cancellationToken);
        }
        else
        {
            GatewayInstruments.GossipNotKept("no-room");
        }
    }

    private async Task KeepAsync(AdmittedOffer offer, CancellationToken cancellationToken)
    {
        try
        {
            var started = time.GetTimestamp();
            while (!await TryKeepAsync(offer).ConfigureAwait(false))
            {
                if (time.GetElapsedTime(started) > RetryTimeout)
                {
                    GatewayInstruments.GossipNotKept("storage-unavailable");
                    return;
                }

                await Task.Delay(RetryDelay, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            GatewayInstruments.GossipNotKept("stopped");
        }
        catch (Exception failure)
        {
            GatewayInstruments.GossipNotKept("failed");
            LogNotKept(failure, offer.Ids[0], offer.Shard);
        }
        finally
        {
            _budget.Release(offer.Bytes + Overhead);
        }
    }

    private async Task<bool> TryKeepAsync(AdmittedOffer offer)
    {
        try
        {
            var (_, results) = await appenders.AppendAsync(offer, Door.Gossip).ConfigureAwait(false);
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

using System.IO.Pipelines;
using DChat.Core.Envelopes;
using DChat.Core.Relays;
using DChat.Core.Sealing;
using DChat.Core.Shards;
using DChat.Core.Statements;
using DChat.Core.Topics;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Gateway.Push;

/// <summary>
/// Writes the replies of one push stream. One signed acceptance covers all outcomes that are ready: under load that is many,
/// which makes signatures cheap, and otherwise none waits for others.
/// </summary>
internal sealed class PushReplies(PipeWriter output, GatewayIdentity identity, NetworkOptions network, TimeProvider time)
{
    /// <summary>Sends a message.</summary>
    /// <exception cref="DChat.Libp2p.Libp2pException">The peer did not take it in time.</exception>
    public async ValueTask SendAsync(IMessage message, CancellationToken cancellationToken)
    {
        Write(message);
        await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends what became of envelopes.</summary>
    /// <exception cref="DChat.Libp2p.Libp2pException">The peer did not take it in time.</exception>
    public async ValueTask SendAsync(IReadOnlyCollection<PushOutcome> outcomes, CancellationToken cancellationToken)
    {
        foreach (var rejected in outcomes.Where(outcome => !outcome.Result.IsAccepted).Chunk(EnvelopeBatch.MaxCount))
        {
            Write(Refusal(rejected));
        }

        var accepted = outcomes.Where(outcome => outcome.Result.IsAccepted).GroupBy(outcome => (outcome.Shard, outcome.Log));
        foreach (var group in accepted)
        {
            foreach (var batch in group.Chunk(EnvelopeBatch.MaxCount))
            {
                Write(Acceptance(group.Key.Shard, group.Key.Log, batch));
            }
        }

        await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static PushReply Refusal(PushOutcome[] outcomes)
    {
        var reply = new PushReply();
        foreach (var outcome in outcomes)
        {
            var code = outcome.Result.Rejection;
            GatewayInstruments.PushRefused(code);
            reply.Rejected.Add(new RejectedEnvelope
            {
                Number = outcome.Number,
                Code = code.ToCode(),
                IsTransient = code.IsTransient(),
                RetryAfterMs = (uint)Math.Ceiling(Math.Min(outcome.Result.RetryAfter.TotalMilliseconds, uint.MaxValue)),
            });
        }

        return reply;
    }

    private PushReply Acceptance(ShardId shard, LogId log, PushOutcome[] outcomes)
    {
        var now = time.GetUtcNow();
        var acceptance = new GatewayAcceptance
        {
            Relay = identity.Relay,
            Gateway = identity.PublicKey,
            Shard = shard,
            Log = log,
            Count = outcomes.Length,
            Root = GatewayAcceptance.RootOf(outcomes.Select(outcome => outcome.Message)),
            AcceptedAt = now,
            IncludeByEpoch = GatewayAcceptance.IncludeBy(now),
        };
        var reply = new PushReply { Acceptance = Signed<GatewayAcceptance>.Sign(network.Network, acceptance, identity.Key).Message };
        foreach (var outcome in outcomes)
        {
            reply.Accepted.Add(new AcceptedEnvelope
            {
                Number = outcome.Number,
                Sequence = outcome.Result.Sequence,
                TopicSequence = outcome.Result.TopicSequence,
                IsDuplicate = outcome.Result.IsDuplicate,
            });
        }

        GatewayInstruments.Pushed(outcomes.Length);
        GatewayInstruments.PushReplySize.Record(outcomes.Length);
        return reply;
    }

    private void Write(IMessage message) => FrameWriter.Write(output, message);

    private ValueTask FlushAsync(CancellationToken cancellationToken) =>
        FrameWriter.FlushAsync(output, PushLimits.ReplyTimeout, time, cancellationToken);
}

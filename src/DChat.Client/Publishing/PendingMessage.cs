using System.Diagnostics;
using DChat.Abstractions.Messages;
using DChat.Client.Telemetry;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using DChat.Core.Shards;

namespace DChat.Client.Publishing;

/// <summary>A sealed message on its way: its bytes never change, however often they are sent.</summary>
internal sealed class PendingMessage(ReadOnlyMemory<byte> envelope, MessageId id, long startedAt, ActivityContext trace, Action onCompleted)
{
    private readonly TaskCompletionSource<PublishOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReadOnlyMemory<byte> Envelope { get; } = envelope;

    /// <summary>A timestamp of the client's <see cref="TimeProvider"/>.</summary>
    public long StartedAt { get; } = startedAt;

    /// <summary>The span of the publish call; default when it is not traced.</summary>
    public ActivityContext Trace { get; } = trace;

    /// <summary>How often a relay has refused it for now.</summary>
    public int Refusals { get; set; }

    public Task<PublishOutcome> Outcome => _outcome.Task;

    public void Complete(LogId log, PublishResult result) => Complete(
        result.IsAccepted
            ? new PublishOutcome(new PublishReceipt(id, new LogPosition(log, result.Sequence), result.TopicSequence, result.IsDuplicate))
            : new PublishOutcome(id, result.Rejection),
        result is { IsAccepted: true, IsDuplicate: true } ? "duplicate" : result.IsAccepted ? "accepted" : result.Rejection.ToCode());

    public void Fail(DChatException error) => Complete(new PublishOutcome(id, error), error.Code);

    /// <summary>Ends with an exception that no outcome describes.</summary>
    public void Fault(Exception bug)
    {
        if (_outcome.TrySetException(bug))
        {
            onCompleted();
        }
    }

    private void Complete(PublishOutcome outcome, string label)
    {
        if (_outcome.TrySetResult(outcome))
        {
            ClientInstruments.Published.Add(1, new KeyValuePair<string, object?>("outcome", label));
            onCompleted();
        }
    }
}

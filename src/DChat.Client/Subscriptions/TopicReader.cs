using System.Diagnostics;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Streams;
using DChat.Client.Identities;
using DChat.Client.Telemetry;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Client.Subscriptions;

/// <summary>Opens the messages of one topic for one reader and judges their sequences. Not thread-safe.</summary>
/// <param name="topic">The topic.</param>
/// <param name="clock">Follows the timestamps read.</param>
/// <param name="memory">What all readers of the client remember sequences in.</param>
/// <param name="identities">What is known of devices.</param>
/// <param name="pages">What earlier pages showed, for a reader of one page; null for a reader that goes on.</param>
internal sealed class TopicReader(
    Topic topic, HybridLogicalClock clock, ReplayMemory memory, IdentityBook identities, EquivocationHistory? pages = null) : IDisposable
{
    private readonly EnvelopeOpener _opener = new(topic);
    private readonly ReplayWindow _window = new(memory);

    /// <summary>The topic's messages in a range. Those of other topics are passed over; those that do not open are counted.</summary>
    public List<ReceivedMessage> Open(EnvelopeRange range)
    {
        CountSkipped(range.Holes.Count, "damaged");
        List<ReceivedMessage> messages = [];
        var trace = StartSpan(range);
        var index = 0;
        foreach (var envelope in range.Envelopes.Envelopes)
        {
            var result = _opener.Open(envelope.Span);
            if (result.IsOpened)
            {
                Judge(result.Message, range, index, trace, messages);
            }
            else if (result.Status != OpenStatus.NotThisTopic)
            {
                CountSkipped(1, result.Status.ToCode());
            }

            index++;
        }

        if (trace is not null)
        {
            trace.SetTag("dchat.message.count", messages.Count);
            trace.Dispose();
        }

        ClientInstruments.Received.Add(messages.Count);
        return messages;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _opener.Dispose();
        _window.Dispose();
    }

    private void Judge(OpenedMessage opened, EnvelopeRange range, int index, Activity? trace, List<ReceivedMessage> messages)
    {
        var verdict = _window.Observe(opened.AuthorKey, opened.KeyGeneration, opened.Sequence, opened.MessageId, out var report);
        if (verdict == ReplayVerdict.Duplicate)
        {
            CountSkipped(1, "replay");
            return;
        }

        // Two messages under one sequence may stand on two pages.
        report ??= pages?.Observe(opened.AuthorKey, opened.KeyGeneration, opened.Sequence, opened.MessageId);
        if (report is not null)
        {
            verdict = ReplayVerdict.Equivocation;
            ClientInstruments.Equivocations.Add(1);
        }

        // A timestamp from more than seconds ahead does not move the clock; the message itself is as good as any.
        clock.TryObserve(opened.Hlc);
        var (standing, identity) = identities.Judge(topic, opened);
        messages.Add(new ReceivedMessage(
            topic,
            opened,
            new LogPosition(range.Log, range.SequenceAt(index)),
            range.TopicSequenceAt(index),
            verdict,
            report,
            standing,
            identity,
            trace?.Context ?? default));
    }

    private static Activity? StartSpan(EnvelopeRange range) =>
        ActivityContext.TryParse(range.TraceParent, traceState: null, isRemote: true, out var parent)
            ? DChatTelemetry.Activities.StartActivity("dchat.deliver", ActivityKind.Consumer, parent)
            : null;

    private static void CountSkipped(int count, string reason)
    {
        if (count > 0)
        {
            ClientInstruments.Skipped.Add(count, new KeyValuePair<string, object?>("reason", reason));
        }
    }
}

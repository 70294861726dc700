using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;
using DChat.Core.Shards;

namespace DChat.Storage.Azure.Log;

/// <summary>The metrics of one open log, under the names of the local one.</summary>
internal sealed class AzureShardLogInstruments : IDisposable
{
    private readonly Meter _meter = new(DChatTelemetry.Name);
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<int> _groupSize;
    private readonly Counter<long> _messages;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _damaged;

    public AzureShardLogInstruments()
    {
        _commitDuration = _meter.CreateDuration("dchat.log.commit.duration", "From taking a group until it is durable.");
        _groupSize = _meter.CreateHistogram<int>("dchat.log.group.size", "{message}", "Messages in one group commit.");
        _messages = _meter.CreateCounter<long>("dchat.log.messages", "{message}", "Messages made durable.");
        _bytes = _meter.CreateCounter<long>("dchat.log.bytes", "By", "Bytes of log made durable.");
        _refused = _meter.CreateCounter<long>(
            "dchat.log.refused", "{batch}", "Batches not made durable; outcome is fenced, out-of-sequence, busy or failed.");
        _damaged = _meter.CreateCounter<long>("dchat.log.damaged", "{message}", "Damaged messages found while reading, each once.");
    }

    public void Committed(int messages, long bytes, TimeSpan duration)
    {
        _messages.Add(messages);
        _bytes.Add(bytes);
        _groupSize.Record(messages);
        _commitDuration.Record(duration.TotalSeconds);
    }

    public void Refused(AppendOutcome outcome) => _refused.Add(1, new KeyValuePair<string, object?>("outcome", outcome switch
    {
        AppendOutcome.Fenced => "fenced",
        AppendOutcome.OutOfSequence => "out-of-sequence",
        AppendOutcome.Busy => "busy",
        _ => "failed",
    }));

    public void Damaged() => _damaged.Add(1);

    public void Dispose() => _meter.Dispose();
}

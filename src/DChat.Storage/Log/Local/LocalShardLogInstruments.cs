using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;
using DChat.Core.Shards;

namespace DChat.Storage.Log.Local;

/// <summary>The metrics of one open log, under the meter <c>DChat</c> that all parts of the product share.</summary>
internal sealed class LocalShardLogInstruments : IDisposable
{
    private readonly Meter _meter = new(DChatTelemetry.Name);
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<double> _syncDuration;
    private readonly Histogram<int> _groupSize;
    private readonly Counter<long> _messages;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _damaged;
    private readonly Histogram<double> _checkpointDuration;
    private readonly Counter<long> _checkpointBytes;

    public LocalShardLogInstruments(ShardState[] shards)
    {
        _commitDuration = _meter.CreateDuration(
            "dchat.log.commit.duration", "From taking a group until it is durable.");
        _syncDuration = _meter.CreateDuration("dchat.log.sync.duration", "Waiting for the disk within a commit.");
        _groupSize = _meter.CreateHistogram<int>("dchat.log.group.size", "{message}", "Messages in one group commit.");
        _messages = _meter.CreateCounter<long>("dchat.log.messages", "{message}", "Messages made durable.");
        _bytes = _meter.CreateCounter<long>("dchat.log.bytes", "By", "Bytes of log made durable.");
        _refused = _meter.CreateCounter<long>(
            "dchat.log.refused", "{batch}", "Batches not made durable; outcome is fenced, out-of-sequence, full or failed.");
        _damaged = _meter.CreateCounter<long>("dchat.log.damaged", "{message}", "Damaged messages found while reading, each once.");
        _checkpointDuration = _meter.CreateDuration(
            "dchat.log.checkpoint.duration", "Writing the index down, in the background.");
        _checkpointBytes = _meter.CreateCounter<long>("dchat.log.checkpoint.bytes", "By", "Bytes of index written down.");
        _meter.CreateObservableGauge("dchat.log.size", () => shards.Sum(shard => (long)shard.Head), "{message}", "Messages in the log, of all shards.");
    }

    public void Committed(int messages, long bytes, TimeSpan duration, TimeSpan sync)
    {
        _messages.Add(messages);
        _bytes.Add(bytes);
        _groupSize.Record(messages);
        _commitDuration.Record(duration.TotalSeconds);
        _syncDuration.Record(sync.TotalSeconds);
    }

    public void Refused(AppendOutcome outcome) => _refused.Add(1, new KeyValuePair<string, object?>("outcome", outcome switch
    {
        AppendOutcome.Fenced => "fenced",
        AppendOutcome.OutOfSequence => "out-of-sequence",
        AppendOutcome.Full => "full",
        AppendOutcome.Busy => "busy",
        _ => "failed",
    }));

    public void Damaged() => _damaged.Add(1);

    public void Checkpointed(long bytes, TimeSpan duration)
    {
        _checkpointBytes.Add(bytes);
        _checkpointDuration.Record(duration.TotalSeconds);
    }

    public void Dispose() => _meter.Dispose();
}

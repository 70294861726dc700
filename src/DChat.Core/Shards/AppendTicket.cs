namespace DChat.Core.Shards;

/// <summary>The messages that will become, or are, one append, under the number by which those who wait for it know it.</summary>
internal sealed class AppendTicket(ulong number)
{
    private readonly List<IndexEntry> _entries = [];
    private readonly List<MessageRun> _runs = [];

    public ulong Number => number;

    public ulong FirstSequence { get; private set; }

    public IReadOnlyList<IndexEntry> Entries => _entries;

    public IReadOnlyList<MessageRun> Runs => _runs;

    public int Bytes { get; private set; }

    /// <summary>Adds a message; returns its place in the append.</summary>
    public int Add(in IndexEntry entry)
    {
        _entries.Add(entry);
        Bytes += entry.Length;
        return _entries.Count - 1;
    }

    public void Add(MessageRun run) => _runs.Add(run);

    public ShardAppend Begin(ulong firstSequence)
    {
        FirstSequence = firstSequence;
        var envelopes = new ReadOnlyMemory<byte>[_runs.Count];
        for (var i = 0; i < envelopes.Length; i++)
        {
            envelopes[i] = _runs[i].Envelopes.Bytes;
            _runs[i] = _runs[i] with { FirstSequence = firstSequence };
            firstSequence += (ulong)_runs[i].Envelopes.Count;
        }

        return new ShardAppend(FirstSequence, _entries, envelopes);
    }
}

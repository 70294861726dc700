using DChat.Abstractions.Messages;
using DChat.Core.Admission;
using DChat.Core.Topics;

namespace DChat.Abstractions.Admission;

/// <summary>What admission made of the envelopes of one request: by shard what goes on, and what does not.</summary>
public sealed class AdmissionVerdicts
{
    private readonly List<AdmittedBatch> _batches = [];
    private readonly List<(int Place, PublishResult Result)> _refused = [];

    /// <summary>Sorts verdicts.</summary>
    /// <param name="envelopes">What was offered.</param>
    /// <param name="results">The verdict on each.</param>
    /// <param name="source">Where they came from.</param>
    /// <param name="shardBits">How many bits of a tag name its shard.</param>
    /// <exception cref="ArgumentException">An envelope has no verdict: nothing is sorted.</exception>
    public AdmissionVerdicts(
        IReadOnlyList<ReadOnlyMemory<byte>> envelopes, IReadOnlyList<AdmissionResult> results, AdmissionSource source, int shardBits)
    {
        ArgumentNullException.ThrowIfNull(envelopes);
        ArgumentNullException.ThrowIfNull(results);
        for (var place = 0; place < results.Count; place++)
        {
            if (!results[place].IsJudged)
            {
                throw new ArgumentException($"Envelope {place} of {results.Count} has no verdict.", nameof(results));
            }

            if (results[place].IsAdmitted)
            {
                BatchOf(results[place].Entry.Topic.ShardOf(shardBits), source).Add(place, envelopes[place], results[place]);
            }
            else
            {
                _refused.Add((place, PublishResult.From(results[place])));
                IsSourceSpent |= results[place].IsSourceSpent;
            }
        }
    }

    /// <summary>What goes on, a batch for each shard.</summary>
    public IReadOnlyList<AdmittedBatch> Batches => _batches;

    /// <summary>What does not go on: its place in the request and why.</summary>
    public IReadOnlyList<(int Place, PublishResult Result)> Refused => _refused;

    /// <summary>Whether some were refused because their source has nothing left: whoever brings them should be read more slowly.</summary>
    public bool IsSourceSpent { get; }

    // A request is for one shard or a few: a list is searched faster than a table.
    private AdmittedBatch BatchOf(ShardId shard, in AdmissionSource source)
    {
        foreach (var batch in _batches)
        {
            if (batch.Shard == shard)
            {
                return batch;
            }
        }

        var added = new AdmittedBatch(shard, source);
        _batches.Add(added);
        return added;
    }
}

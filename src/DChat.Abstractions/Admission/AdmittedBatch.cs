using DChat.Core.Admission;
using DChat.Core.Topics;

namespace DChat.Abstractions.Admission;

/// <summary>
/// Envelopes of one shard and one source that passed admission, with what the shard's index needs of each, so that nobody
/// reads or hashes them again. At most what an <see cref="DChat.Core.Envelopes.EnvelopeBatch"/> holds.
/// </summary>
/// <param name="shard">The shard.</param>
/// <param name="source">Where they came from.</param>
public sealed class AdmittedBatch(ShardId shard, AdmissionSource source)
{
    private readonly List<ReadOnlyMemory<byte>> _envelopes = [];
    private readonly List<AdmissionResult> _results = [];
    private readonly List<int> _places = [];

    /// <summary>The shard.</summary>
    public ShardId Shard { get; } = shard;

    /// <summary>Where they came from.</summary>
    public AdmissionSource Source { get; } = source;

    /// <summary>The envelopes.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Envelopes => _envelopes;

    /// <summary>The verdict on each, with its index entry.</summary>
    public IReadOnlyList<AdmissionResult> Results => _results;

    /// <summary>The place of each in what was offered.</summary>
    public IReadOnlyList<int> Places => _places;

    /// <summary>How long they are together.</summary>
    public int Bytes { get; private set; }

    /// <summary>Adds an admitted envelope.</summary>
    /// <exception cref="ArgumentException">It is not admitted.</exception>
    public void Add(int place, ReadOnlyMemory<byte> envelope, in AdmissionResult result)
    {
        if (!result.IsAdmitted)
        {
            throw new ArgumentException(result.IsJudged ? $"The envelope is refused: {result.Rejection}." : "The envelope has no verdict.", nameof(result));
        }

        _places.Add(place);
        _envelopes.Add(envelope);
        _results.Add(result);
        Bytes += envelope.Length;
    }
}

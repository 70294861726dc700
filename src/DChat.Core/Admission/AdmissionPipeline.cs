using System.Text;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Core.Admission;

/// <summary>
/// Decides what a relay keeps (DESIGN §2.2), cheapest check first: size, canonical form, network and shard, permit,
/// timestamp, seen filter, quotas, and last the signature, once. Thread-safe: the signature is checked outside the one
/// lock, which is held for well under a microsecond, so throughput grows with the cores.
/// </summary>
/// <remarks>
/// Only verified envelopes enter the seen filter or are charged to their author and topic: forging somebody's author key
/// must not silence them. A forged signature is charged to its source, which cannot be forged.
/// </remarks>
public sealed class AdmissionPipeline
{
    private const int BytesPerToken = 1024;

    private readonly TimeProvider _time;
    private readonly byte[] _network;
    private readonly int _shardBits;
    private readonly long _maxAheadMilliseconds;
    private readonly long _maxAgeMilliseconds;
    private readonly RetentionFloors _floors = new();

    private readonly Lock _gate = new();
    private readonly SeenFilter _seen;
    private readonly QuotaTable<AuthorKey> _authors;
    private readonly QuotaTable<TopicTag> _topics;
    private readonly QuotaTable<string> _sources;

    /// <summary>Makes a pipeline that has seen nothing, with the floors of the options.</summary>
    /// <param name="network">Read once; later changes have no effect.</param>
    /// <param name="options">Read once; later changes have no effect.</param>
    /// <param name="time">Wall clock for timestamps, monotonic clock for quotas.</param>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>).</exception>
    public AdmissionPipeline(NetworkOptions network, AdmissionOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        network.Validate();
        options.Validate();
        _time = time;
        _network = Encoding.ASCII.GetBytes(network.Network);
        _shardBits = network.ShardBits;
        _maxAheadMilliseconds = (long)options.MaxAhead.TotalMilliseconds;
        _maxAgeMilliseconds = (long)options.MaxAge.TotalMilliseconds;
        _seen = new SeenFilter(options.SeenCapacity);
        _authors = new QuotaTable<AuthorKey>(options.Author, time.TimestampFrequency);
        _topics = new QuotaTable<TopicTag>(options.Topic, time.TimestampFrequency);
        _sources = new QuotaTable<string>(options.Source, time.TimestampFrequency);
        foreach (var (retention, floor) in options.Floors)
        {
            _floors.Raise(retention, HybridTimestamp.Create(floor.ToUnixTimeMilliseconds(), 0));
        }
    }

    /// <summary>The floor of a class: messages below it are refused.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retention"/> is not a class.</exception>
    public HybridTimestamp FloorOf(RetentionClass retention)
    {
        RetentionClasses.ThrowIfUnknown(retention);
        return _floors.Of(retention);
    }

    /// <summary>Raises the floor of a class; a floor below the present one changes nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retention"/> is not a class.</exception>
    public void RaiseFloor(RetentionClass retention, HybridTimestamp floor)
    {
        RetentionClasses.ThrowIfUnknown(retention);
        _floors.Raise(retention, floor);
    }

    /// <summary>Checks one envelope.</summary>
    /// <param name="envelope">The envelope and nothing else.</param>
    /// <param name="shard">The shard it was offered to; null when it was offered to none, and its topic tag decides.</param>
    /// <param name="source">Where it comes from.</param>
    public AdmissionResult Admit(ReadOnlySpan<byte> envelope, ShardId? shard, in AdmissionSource source)
    {
        var rejection = Envelope.TryRead(envelope, out var view);
        if (rejection == RejectionCode.None)
        {
            rejection = CheckHeader(view, shard, source);
        }

        if (rejection != RejectionCode.None)
        {
            return AdmissionResult.Rejected(rejection);
        }

        var entry = new IndexEntry(MessageId.Compute(envelope), view.TopicTag, view.Hlc, view.Class, envelope.Length, source.Door);
        var charge = new Charge(view.AuthorKey, view.TopicTag, source, (envelope.Length + BytesPerToken - 1) / BytesPerToken);
        lock (_gate)
        {
            if (_seen.Contains(entry.Id))
            {
                return AdmissionResult.Admitted(entry, wasSeen: true);
            }

            if (!IsWithinQuotas(charge))
            {
                return AdmissionResult.Rejected(RejectionCode.OverQuota);
            }
        }

        return Envelope.VerifySignature(view) ? Settle(entry, charge) : RejectForgery(charge);
    }

    private RejectionCode CheckHeader(in EnvelopeView view, ShardId? shard, in AdmissionSource source)
    {
        if (!view.Network.SequenceEqual(_network))
        {
            return RejectionCode.WrongNetwork;
        }

        if (shard is { } offered && view.TopicTag.ShardOf(_shardBits) != offered)
        {
            return RejectionCode.WrongShard;
        }

        if (view.Class.NeedsPermit())
        {
            // Nobody issues permits yet, so none can be valid.
            return view.Permit.IsEmpty ? RejectionCode.PermitRequired : RejectionCode.PermitInvalid;
        }

        var age = _time.GetUtcNow().ToUnixTimeMilliseconds() - view.Hlc.UnixMilliseconds;
        if (age < -_maxAheadMilliseconds)
        {
            return RejectionCode.TimestampAhead;
        }

        if (view.Hlc < _floors.Of(view.Class))
        {
            return RejectionCode.BelowFloor;
        }

        return age > _maxAgeMilliseconds && !source.IsHistory ? RejectionCode.Stale : RejectionCode.None;
    }

    // Quotas were checked before the signature, but others may have been charged since; and two copies of one envelope may
    // have been verified at the same time: the second is neither charged nor added.
    private AdmissionResult Settle(in IndexEntry entry, in Charge charge)
    {
        lock (_gate)
        {
            if (_seen.Contains(entry.Id))
            {
                return AdmissionResult.Admitted(entry, wasSeen: true);
            }

            if (!IsWithinQuotas(charge))
            {
                return AdmissionResult.Rejected(RejectionCode.OverQuota);
            }

            if (!charge.Source.IsHistory)
            {
                var now = _time.GetTimestamp();
                _authors.Take(charge.Author, charge.Tokens, now);
                _topics.Take(charge.Topic, charge.Tokens, now);
                _sources.Take(charge.Source.Caller, charge.Tokens, now);
            }

            _seen.Add(entry.Id);
            return AdmissionResult.Admitted(entry, wasSeen: false);
        }
    }

    private AdmissionResult RejectForgery(in Charge charge)
    {
        if (!charge.Source.IsHistory)
        {
            lock (_gate)
            {
                _sources.Take(charge.Source.Caller, charge.Tokens, _time.GetTimestamp());
            }
        }

        return AdmissionResult.Rejected(RejectionCode.BadSignature);
    }

    private bool IsWithinQuotas(in Charge charge)
    {
        if (charge.Source.IsHistory)
        {
            return true;
        }

        var now = _time.GetTimestamp();
        return _sources.Holds(charge.Source.Caller, charge.Tokens, now)
            && _topics.Holds(charge.Topic, charge.Tokens, now)
            && _authors.Holds(charge.Author, charge.Tokens, now);
    }

    private readonly record struct Charge(AuthorKey Author, TopicTag Topic, AdmissionSource Source, int Tokens);
}

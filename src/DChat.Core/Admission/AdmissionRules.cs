using System.Text;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Core.Admission;

/// <summary>
/// What may come in by which door, apart from quotas: network, shard, permits, timestamps and floors as they stand. One
/// immutable snapshot, so that a message is judged by the rules of one moment.
/// </summary>
internal sealed record AdmissionRules
{
    private readonly byte[] _network;
    private readonly int _shardBits;
    private readonly long _maxAheadMilliseconds;
    private readonly long _maxAgeMilliseconds;

    public AdmissionRules(NetworkOptions network, AdmissionOptions options)
    {
        _network = Encoding.ASCII.GetBytes(network.Network);
        _shardBits = network.ShardBits;
        _maxAheadMilliseconds = (long)options.MaxAhead.TotalMilliseconds;
        _maxAgeMilliseconds = (long)options.MaxAge.TotalMilliseconds;
        foreach (var (retention, floor) in options.Floors)
        {
            Floors = Floors.Raise(retention, HybridTimestamp.Create(floor.ToUnixTimeMilliseconds(), 0));
        }
    }

    public RetentionFloors Floors { get; init; } = RetentionFloors.None;

    /// <summary>Judges a canonical envelope.</summary>
    /// <param name="view">The envelope.</param>
    /// <param name="shard">The shard it was offered to, if to any.</param>
    /// <param name="isHistory">Whether another relay has acknowledged it, so that it may be old.</param>
    /// <param name="unixMilliseconds">The time.</param>
    public RejectionCode Judge(in EnvelopeView view, ShardId? shard, bool isHistory, long unixMilliseconds)
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

        var age = unixMilliseconds - view.Hlc.UnixMilliseconds;
        if (age < -_maxAheadMilliseconds)
        {
            return RejectionCode.TimestampAhead;
        }

        if (view.Hlc < Floors.Of(view.Class))
        {
            return RejectionCode.BelowFloor;
        }

        return age > _maxAgeMilliseconds && !isHistory ? RejectionCode.Stale : RejectionCode.None;
    }
}

using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Reconciliation;
using DChat.Core.Shards;

namespace DChat.Grains.SyncShard;

/// <summary>Between what sessions compute with and what travels.</summary>
internal static class SyncValues
{
    /// <summary>The floors of a list by class; those that it does not name are none.</summary>
    public static ShardFloors FloorsOf(ulong[] floors) =>
        ShardFloors.Of(retention => (int)retention <= floors.Length ? new HybridTimestamp(floors[(int)retention - 1]) : default);

    /// <summary>What travels of a set.</summary>
    public static SetSummary SummaryOf(ShardFloors floors, SetDigest digest)
    {
        var sum = new byte[Bytes32.Length];
        digest.Sum.CopyTo(sum);
        return new SetSummary([.. Enum.GetValues<RetentionClass>().Order().Select(retention => floors[retention].Value)], digest.Count, sum);
    }

    /// <summary>The digest of a set, as a peer tells it.</summary>
    /// <exception cref="DChatException">It is malformed (<c>reconciliation-invalid</c>).</exception>
    public static SetDigest DigestOf(SetSummary summary) => summary.Sum.Length == Bytes32.Length
        ? new SetDigest(summary.Count, IdSum.Read(summary.Sum))
        : throw new DChatException("reconciliation-invalid", $"A digest has {summary.Sum.Length} bytes, but should have {Bytes32.Length}.");

    /// <summary>Ids, one after the other.</summary>
    public static byte[] Pack(IReadOnlyList<Bytes32> ids)
    {
        var bytes = new byte[ids.Count * Bytes32.Length];
        for (var i = 0; i < ids.Count; i++)
        {
            ids[i].CopyTo(bytes.AsSpan(i * Bytes32.Length));
        }

        return bytes;
    }

    /// <summary>The ids of a list, whose length is a multiple of theirs.</summary>
    public static IEnumerable<Bytes32> Unpack(byte[] ids)
    {
        for (var at = 0; at < ids.Length; at += Bytes32.Length)
        {
            yield return new Bytes32(ids.AsSpan(at, Bytes32.Length));
        }
    }
}

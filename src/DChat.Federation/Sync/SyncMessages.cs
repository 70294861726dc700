using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Wire;
using DChat.Libp2p;
using Google.Protobuf;

namespace DChat.Federation.Sync;

/// <summary>Between messages on the wire (<c>Protocol/sync.proto</c>) and what travels in the cluster. What a peer sends is checked here.</summary>
internal static class SyncMessages
{
    /// <summary>A summary to send.</summary>
    public static SyncSummary Of(SetSummary summary)
    {
        var message = new SyncSummary { Count = summary.Count, Sum = UnsafeByteOperations.UnsafeWrap(summary.Sum) };
        message.Floors.AddRange(summary.Floors);
        return message;
    }

    /// <summary>Reads a summary.</summary>
    /// <exception cref="Libp2pException">It is malformed.</exception>
    public static SetSummary Read(SyncSummary? summary) => summary is { Sum.Length: Bytes32.Length, Floors.Count: <= SyncLimits.MaxFloors, Count: <= SyncLimits.MaxItems }
        ? new SetSummary([.. summary.Floors], summary.Count, summary.Sum.ToByteArray())
        : throw Malformed("A summary is malformed.");

    /// <summary>Reads ids.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="mayBeNone">Whether there may be none.</param>
    /// <exception cref="Libp2pException">They are malformed, or too many.</exception>
    public static byte[] Read(SyncIds ids, bool mayBeNone = false) =>
        ids.Ids.Length % Bytes32.Length == 0 && ids.Ids.Length <= SyncLimits.MaxIdBytes && (mayBeNone || ids.Ids.Length > 0)
            ? ids.Ids.ToByteArray()
            : throw Malformed($"{ids.Ids.Length} bytes are not 1 to {SyncLimits.MaxIds} ids.");

    /// <summary>Envelopes to send.</summary>
    public static SyncEnvelopes Of(EnvelopeBatch batch, bool isLast)
    {
        var message = new SyncEnvelopes { Last = isLast };
        foreach (var envelope in batch.Envelopes)
        {
            message.Envelopes.Add(UnsafeByteOperations.UnsafeWrap(envelope));
        }

        return message;
    }

    /// <summary>Reads envelopes, none of which has been looked into yet.</summary>
    /// <exception cref="Libp2pException">They are more than a message may have.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(SyncEnvelopes envelopes)
    {
        var bytes = envelopes.Envelopes.Sum(envelope => (long)envelope.Length);
        return envelopes.Envelopes.Count <= SyncLimits.MaxEnvelopes && bytes <= EnvelopeBatch.MaxBytes
            && envelopes.Envelopes.All(envelope => envelope.Length is > 0 and <= EnvelopeLimits.MaxBytes)
            ? [.. envelopes.Envelopes.Select(envelope => envelope.Memory)]
            : throw Malformed($"{envelopes.Envelopes.Count} envelopes of {bytes} bytes together are not what a message may have.");
    }

    /// <summary>A fault of the peer.</summary>
    public static Libp2pException Malformed(string what) => new(Libp2pErrorCodes.Malformed, what);
}

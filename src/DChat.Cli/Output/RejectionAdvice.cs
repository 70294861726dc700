using DChat.Core.Envelopes;

namespace DChat.Cli.Output;

/// <summary>What each rejection means to the sender, and what to do.</summary>
internal static class RejectionAdvice
{
    private static readonly Dictionary<RejectionCode, string> Sentences = new()
    {
        [RejectionCode.Oversized] = "The message is longer than the relay takes: split it.",
        [RejectionCode.NonCanonical] = "The relay cannot read what this dchat writes: bring both to the same version.",
        [RejectionCode.UnknownVersion] = "The relay does not know this version of messages: ask its operator to update it, or use a dchat as old as the relay.",
        [RejectionCode.WrongNetwork] = "The topic belongs to another network than the relay: name a silo of its network with --silo.",
        [RejectionCode.WrongShard] = "The network has changed how it divides topics among shards: run the command again.",
        [RejectionCode.UnknownClass] = "The relay does not know this --retention: send with --retention 30d.",
        [RejectionCode.PermitRequired] = "The relay keeps messages longer than 30 days only for a paid permit: send with --retention 30d or less.",
        [RejectionCode.PermitInvalid] = "The permit was not issued by this network for this message: send with --retention 30d or less, which needs none.",
        [RejectionCode.TimestampAhead] = "This machine's clock is ahead of the relay's: set the clock, then send again.",
        [RejectionCode.BelowFloor] = "This machine's clock is so far behind that the network has pruned what it says is now: set the clock, then send again.",
        [RejectionCode.Stale] = "This machine's clock is behind the relay's by a day or more: set the clock, then send again.",
        [RejectionCode.OverQuota] = "Too much was sent for now, by this device, from this address or to this topic: wait a minute, then send again.",
        [RejectionCode.BadSignature] = "The message was damaged between here and the relay's check: send again, and report it if it happens twice.",
        [RejectionCode.Overloaded] = "The relay has more to do than it can: send again in some seconds.",
        [RejectionCode.StorageUnavailable] = "The silo that keeps this topic does not answer: send again in some seconds, and tell the operator if that does not help.",
        [RejectionCode.ShardMoving] = "The topic is moving to another silo: send again at once.",
        [RejectionCode.StorageFull] = "The relay's disk is full: tell its operator, and send again later.",
        [RejectionCode.StorageFailed] = "The relay cannot write to its disk: tell its operator, and send again later.",
    };

    /// <summary>One sentence for a sender; of a code that is newer than this program, that there is no more to say.</summary>
    public static string Of(RejectionCode code) => Sentences.TryGetValue(code, out var sentence)
        ? sentence
        : "This dchat does not know the reason: update it to learn more.";
}

using DChat.Core.Shards;

namespace DChat.Grains.SyncShard;

/// <summary>
/// Where a shard stood before it was opened here, which nobody remembers: judged by the timestamps that authors gave to its
/// newest messages. Otherwise who begins to follow a shard just after it moved would miss what came just before. A message
/// that waited at its author's for longer than <see cref="ClockTolerance"/> may still be missed.
/// </summary>
internal static class HeadBeforeOpening
{
    /// <summary>How many messages are looked at, newest first.</summary>
    internal const int MaxLookedAt = 4_096;

    /// <summary>How late an author's clock may be, and how long the message's way may have taken, together.</summary>
    internal static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(60);

    /// <summary>A head before all of the newest messages that may have come after a moment.</summary>
    public static ulong At(ShardSnapshot opened, DateTimeOffset moment)
    {
        var since = (moment - ClockTolerance).ToUnixTimeMilliseconds();
        var head = opened.Head;
        var last = opened.Head - Math.Min(opened.Head, MaxLookedAt);
        for (var sequence = opened.Head; sequence > last; sequence--)
        {
            if (opened[sequence].Entry.Hlc.UnixMilliseconds >= since)
            {
                head = sequence - 1;
            }
        }

        return head;
    }
}

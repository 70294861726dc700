using DChat.Core.Clocks;
using DChat.Core.Shards;

namespace DChat.Grains.SyncShard;

/// <summary>
/// Where a shard stood before it was opened here, which nobody remembers: judged by the timestamps that authors gave to its
/// newest messages. Otherwise who begins to follow a shard just after it moved would miss what came just before. A message
/// that waited at its author's for longer than <see cref="ClockTolerance"/> may still be missed.
/// </summary>
internal sealed class HeadBeforeOpening
{
    /// <summary>How many messages are looked at, newest first.</summary>
    internal const int MaxLookedAt = 4_096;

    /// <summary>How late an author's clock may be, and how long the message's way may have taken, together.</summary>
    internal static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(60);

    private readonly ulong _head;

    // Of the newest messages, newest first. A copy, since the open set itself is given up when its messages are sealed.
    private readonly HybridTimestamp[] _newest;

    /// <param name="opened">The open set when the shard was opened.</param>
    /// <param name="newestSealed">The newest timestamp of the messages that were sealed then, each of which may have it.</param>
    public HeadBeforeOpening(ShardSnapshot opened, HybridTimestamp newestSealed)
    {
        _head = opened.Head;
        _newest = new HybridTimestamp[Math.Min(_head, MaxLookedAt)];
        for (var i = 0; i < _newest.Length; i++)
        {
            _newest[i] = opened.TryGet(_head - (ulong)i, out var message) ? message.Entry.Hlc : newestSealed;
        }
    }

    /// <summary>A head before all of the newest messages that may have come after a moment.</summary>
    public ulong At(DateTimeOffset moment)
    {
        var since = (moment - ClockTolerance).ToUnixTimeMilliseconds();
        return _head - (ulong)(Array.FindLastIndex(_newest, timestamp => timestamp.UnixMilliseconds >= since) + 1);
    }
}

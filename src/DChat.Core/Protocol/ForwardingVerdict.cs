namespace DChat.Core.Protocol;

/// <summary>What a gossip peer does with a message of a shard (<c>gossip.md</c>).</summary>
public enum ForwardingVerdict
{
    /// <summary>Passes it on.</summary>
    Accept = 0,

    /// <summary>Drops it, and holds nothing against whoever sent it.</summary>
    Ignore = 1,

    /// <summary>Drops it, and holds it against whoever sent it.</summary>
    Reject = 2,
}

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>What peers may take of a node's memory and time. What goes beyond is dropped and counted, unless said otherwise.</summary>
public sealed class GossipsubLimits
{
    /// <summary>Peers spoken with; further ones are not. Default 1024, at least 1.</summary>
    public int MaxPeers { get; set; } = 1024;

    /// <summary>Topics kept account of for one peer. Default 128, at least 1.</summary>
    public int MaxTopicsPerPeer { get; set; } = 128;

    /// <summary>
    /// The longest RPC sent, in bytes; longer ones are split, and a message that does not fit into one cannot be published
    /// or forwarded. Default 64 KiB, which rust takes; 1 KiB to 4 MiB.
    /// </summary>
    public int MaxRpcSent { get; set; } = 64 * 1024;

    /// <summary>The longest RPC taken, in bytes; a longer one resets the stream. Default 1 MiB; 64 KiB to 16 MiB.</summary>
    public int MaxRpcReceived { get; set; } = 1024 * 1024;

    /// <summary>Messages waiting to be sent to one peer. Gossip is dropped before messages. Default 4096, at least 1.</summary>
    public int MaxQueuedMessages { get; set; } = 4096;

    /// <summary>Bytes waiting to be sent to one peer. Default 8 MiB, at least <see cref="MaxRpcSent"/>.</summary>
    public int MaxQueuedBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// Bytes waiting to be sent to all peers together; a message counts for each. Beyond it the fullest queues are halved.
    /// Default 128 MiB, at least <see cref="MaxQueuedBytes"/>.
    /// </summary>
    public int MaxQueuedBytesInAll { get; set; } = 128 * 1024 * 1024;

    /// <summary>Time that a message waits to be sent; then it is dropped. Default 30 s, at least 1 s.</summary>
    public TimeSpan MaxQueuedTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Validators running at once. Default 64, at least 1.</summary>
    public int MaxConcurrentValidations { get; set; } = 64;

    /// <summary>
    /// Validators that were given up after <see cref="GossipsubOptions.ValidationTimeout"/> and have not returned. Beyond it one that
    /// is late keeps its place among <see cref="MaxConcurrentValidations"/>. Default 256, at least 0.
    /// </summary>
    public int MaxHangingValidations { get; set; } = 256;

    /// <summary>Messages with a validator or waiting for one. Default 8192, at least 1.</summary>
    public int MaxPendingValidations { get; set; } = 8192;

    /// <summary>The same, of those that one peer sent. Default 2048, at least 1.</summary>
    public int MaxPendingValidationsPerPeer { get; set; } = 2048;

    /// <summary>Bytes of messages with a validator or waiting for one. Default 64 MiB, at least <see cref="MaxRpcSent"/>.</summary>
    public int MaxPendingValidationBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>The same, of those that one peer sent, so that one alone cannot take every place. Default 16 MiB, at least <see cref="MaxRpcSent"/>.</summary>
    public int MaxPendingValidationBytesPerPeer { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// Ids remembered of messages accepted or published; when there are more, the oldest is forgotten early. Default 262,144
    /// (about 40 MiB), at least 1.
    /// </summary>
    public int MaxSeen { get; set; } = 262_144;

    /// <summary>
    /// Ids remembered of messages rejected or ignored, which push out no accepted ones; when there are more, the oldest is
    /// forgotten early and would be validated again. Default 65,536 (about 15 MiB), at least 1.
    /// </summary>
    public int MaxRefused { get; set; } = 65_536;

    /// <summary>The same, of messages that one peer brought first, so that it pushes out none of others. Default 4096, at least 1.</summary>
    public int MaxRefusedPerPeer { get; set; } = 4096;

    /// <summary>Messages kept for whoever asks; when there are more, the oldest goes early. Default 32,768, at least 1.</summary>
    public int MaxCachedMessages { get; set; } = 32_768;

    /// <summary>Bytes of messages kept for whoever asks. Default 64 MiB, at least <see cref="MaxRpcSent"/>.</summary>
    public int MaxCachedBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Times a message is sent to a peer that asks for it. Default 3, at least 1.</summary>
    public int MaxRetransmissions { get; set; } = 3;

    /// <summary>IHAVE entries taken from a peer in a heartbeat. Default 10, at least 1.</summary>
    public int MaxIhaveMessages { get; set; } = 10;

    /// <summary>Ids told about, and ids asked of a peer or served to it, in a heartbeat. Default 5000, at least 1.</summary>
    public int MaxIhaveIds { get; set; } = 5000;

    /// <summary>Peers that others told of which wait to be dialed; further ones are not. Default 128, at least 1.</summary>
    public int MaxPendingIntroductions { get; set; } = 128;

    /// <summary>The same, dialed at once. Default 8, at least 1.</summary>
    public int MaxIntroductions { get; set; } = 8;

    /// <summary>IDONTWANT ids taken from a peer in a heartbeat. Default 512, at least 1.</summary>
    public int MaxIdontwantIds { get; set; } = 512;

    /// <summary>Heartbeats that an IDONTWANT is heeded. Default 3, at least 1.</summary>
    public int IdontwantHeartbeats { get; set; } = 3;

    internal IEnumerable<string> Validate()
    {
        var counts = new (string Name, int Value, int Least)[]
        {
            (nameof(MaxPeers), MaxPeers, 1),
            (nameof(MaxTopicsPerPeer), MaxTopicsPerPeer, 1),
            (nameof(MaxRpcSent), MaxRpcSent, 1024),
            (nameof(MaxRpcReceived), MaxRpcReceived, 64 * 1024),
            (nameof(MaxQueuedMessages), MaxQueuedMessages, 1),
            (nameof(MaxQueuedBytes), MaxQueuedBytes, MaxRpcSent),
            (nameof(MaxQueuedBytesInAll), MaxQueuedBytesInAll, MaxQueuedBytes),
            (nameof(MaxConcurrentValidations), MaxConcurrentValidations, 1),
            (nameof(MaxHangingValidations), MaxHangingValidations, 0),
            (nameof(MaxPendingValidations), MaxPendingValidations, 1),
            (nameof(MaxPendingValidationsPerPeer), MaxPendingValidationsPerPeer, 1),
            (nameof(MaxPendingValidationBytes), MaxPendingValidationBytes, MaxRpcSent),
            (nameof(MaxPendingValidationBytesPerPeer), MaxPendingValidationBytesPerPeer, MaxRpcSent),
            (nameof(MaxSeen), MaxSeen, 1),
            (nameof(MaxRefused), MaxRefused, 1),
            (nameof(MaxRefusedPerPeer), MaxRefusedPerPeer, 1),
            (nameof(MaxCachedMessages), MaxCachedMessages, 1),
            (nameof(MaxCachedBytes), MaxCachedBytes, MaxRpcSent),
            (nameof(MaxRetransmissions), MaxRetransmissions, 1),
            (nameof(MaxIhaveMessages), MaxIhaveMessages, 1),
            (nameof(MaxIhaveIds), MaxIhaveIds, 1),
            (nameof(MaxPendingIntroductions), MaxPendingIntroductions, 1),
            (nameof(MaxIntroductions), MaxIntroductions, 1),
            (nameof(MaxIdontwantIds), MaxIdontwantIds, 1),
            (nameof(IdontwantHeartbeats), IdontwantHeartbeats, 1),
        };
        foreach (var (name, value, least) in counts.Where(c => c.Value < c.Least))
        {
            yield return $"{name} must be at least {least}.";
        }

        if (MaxQueuedTime < TimeSpan.FromSeconds(1))
        {
            yield return $"{nameof(MaxQueuedTime)} must be at least 1 s.";
        }

        if (MaxRpcSent > 4 * 1024 * 1024)
        {
            yield return $"{nameof(MaxRpcSent)} must be at most 4 MiB.";
        }

        if (MaxRpcReceived > 16 * 1024 * 1024)
        {
            yield return $"{nameof(MaxRpcReceived)} must be at most 16 MiB.";
        }
    }
}

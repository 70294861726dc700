namespace DChat.Core.Protocol;

/// <summary>The libp2p protocols of DChat, by the ids that multistream-select agrees on.</summary>
public static class ProtocolIds
{
    /// <summary>A device hands envelopes to a relay and gets signed acceptances (<c>push.proto</c>).</summary>
    public const string Push = "/dchat/push/1";

    /// <summary>A device reads a topic or a shard from a relay's log (<c>fetch.proto</c>).</summary>
    public const string Fetch = "/dchat/fetch/1";

    /// <summary>Two sides find in which messages of a shard they differ, and bring the difference over (<c>sync.proto</c>).</summary>
    public const string Sync = "/dchat/sync/1";

    /// <summary>What the protocol of the DHT begins with: gateways speak <c>/dchat/kad/1.0.0</c> and keep their records in it (<c>relay.proto</c>).</summary>
    public const string DhtPrefix = "/dchat";
}

namespace DChat.Libp2p.Protocols.Kad.Wire;

/// <summary>
/// A request or its answer (kad-dht/README.md, "RPC messages"): <c>{1 type, 2 key, 3 record, 8 closerPeers*,
/// 9 providerPeers*, 10 clusterLevel}</c>. The last is not used.
/// </summary>
internal sealed record KadMessage(KadMessageType Type)
{
    /// <summary>
    /// The longest message sent, in bytes: rust takes no more. Peers that do not fit are left out, the last ones first.
    /// </summary>
    internal const int MaxSent = (16 * 1024) - 1;

    /// <summary>The longest message taken, in bytes. go sends up to 4 MiB, but 40 peers of 16 addresses each fit into this.</summary>
    internal const int MaxReceived = 128 * 1024;

    /// <summary>The longest key, in bytes. A message with a longer one is malformed.</summary>
    internal const int MaxKeyLength = 512;

    /// <summary>The longest value of a record, in bytes, so that it fits into a message with a few peers. A longer one is malformed.</summary>
    internal const int MaxValueLength = 10 * 1024;

    /// <summary>The most peers taken from a list; the rest is passed over.</summary>
    internal const int MaxPeers = 64;

    /// <summary>The most addresses taken of a peer; the rest is passed over.</summary>
    internal const int MaxAddresses = 16;

    /// <summary>The longest time of a record that is taken, in bytes; a longer one is passed over.</summary>
    internal const int MaxTimeLength = 64;

    internal ReadOnlyMemory<byte> Key { get; init; }

    internal KadRecord? Record { get; init; }

    internal IReadOnlyList<KadPeer> CloserPeers { get; init; } = [];

    internal IReadOnlyList<KadPeer> ProviderPeers { get; init; } = [];
}

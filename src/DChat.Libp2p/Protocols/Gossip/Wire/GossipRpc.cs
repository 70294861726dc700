namespace DChat.Libp2p.Protocols.Gossip.Wire;

/// <summary>What one RPC says beside its messages, and where its messages stand (gossipsub-v1.0.md, "Protobuf").</summary>
internal sealed class GossipRpc
{
    /// <summary>Subscriptions taken from one RPC, and messages, and control entries of every kind together: as js takes.</summary>
    internal const int MaxEntries = 5000;

    /// <summary>Ids taken from one RPC's IHAVE entries, and as many from its IWANT entries.</summary>
    internal const int MaxIds = 5000;

    /// <summary>Ids taken from one RPC's IDONTWANT entries.</summary>
    internal const int MaxIdontwantIds = 512;

    /// <summary>Records of other peers taken from one PRUNE.</summary>
    internal const int MaxExchangePeers = 16;

    /// <summary>The same, from one RPC.</summary>
    internal const int MaxExchange = 256;

    private const int KeptCapacity = 256;

    internal List<(string Topic, bool IsSubscribed)> Subscriptions { get; } = [];

    /// <summary>Where the messages stand in the RPC.</summary>
    internal List<Range> Messages { get; } = [];

    internal List<(string Topic, GossipMessageId[] Ids)> Ihave { get; } = [];

    internal List<GossipMessageId> Iwant { get; } = [];

    internal List<string> Graft { get; } = [];

    /// <summary>With the back-off in seconds as the peer says it; 0 when it does not.</summary>
    internal List<(string Topic, ulong Backoff)> Prune { get; } = [];

    /// <summary>Signed records of other peers that came with a prune, not opened.</summary>
    internal List<(string Topic, ReadOnlyMemory<byte> Record)> Exchange { get; } = [];

    internal List<GossipMessageId> Idontwant { get; } = [];

    /// <summary>Entries and ids beyond a limit, with a topic or an id that is too long or no text: passed over.</summary>
    internal int PassedOver { get; set; }

    internal bool HasControl => Ihave.Count + Iwant.Count + Graft.Count + Prune.Count + Idontwant.Count > 0;

    internal void Clear()
    {
        Empty(Subscriptions);
        Empty(Messages);
        Empty(Ihave);
        Empty(Iwant);
        Empty(Graft);
        Empty(Prune);
        Empty(Exchange);
        Empty(Idontwant);
        PassedOver = 0;
    }

    /// <summary>Empties a list, and lets go of its room if a peer had it grow much: it lives as long as the peer stays.</summary>
    internal static void Empty<T>(List<T> list)
    {
        list.Clear();
        if (list.Capacity > KeptCapacity)
        {
            list.Capacity = 0;
        }
    }
}

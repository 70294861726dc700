namespace DChat.Libp2p.Protocols.Gossip.Wire;

/// <summary>What is said about ids.</summary>
internal enum GossipKind
{
    /// <summary>The sender has these messages.</summary>
    Ihave,

    /// <summary>The sender wants them.</summary>
    Iwant,

    /// <summary>The sender has no need of them.</summary>
    Idontwant,
}

/// <summary>An entry of ids.</summary>
/// <param name="Kind">What is said.</param>
/// <param name="Topic">The topic of IHAVE; else null.</param>
/// <param name="Ids">The ids.</param>
internal readonly record struct GossipIds(GossipKind Kind, string? Topic, ReadOnlyMemory<GossipMessageId> Ids)
{
    /// <summary>Bytes of ids in one entry, so that a long list is several and fits between messages.</summary>
    internal const int MaxBytes = 16 * 1024;

    /// <summary>Bytes that the entry adds to an RPC, at most; 0 before <see cref="Split"/>.</summary>
    internal int Size { get; private init; }

    /// <summary>The same in entries that fit between messages, with their sizes: once for all peers that are told.</summary>
    /// <param name="mostIds">Ids in one entry.</param>
    internal List<GossipIds> Split(int mostIds)
    {
        var entries = new List<GossipIds>();
        for (var ids = Ids; !ids.IsEmpty;)
        {
            var (count, bytes) = (0, 0);
            while (count < ids.Length && count < mostIds && bytes < MaxBytes)
            {
                bytes += GossipRpcWriter.IdSize(ids.Span[count++]);
            }

            entries.Add(this with { Ids = ids[..count], Size = GossipRpcWriter.IdsSize(Topic) + bytes });
            ids = ids[count..];
        }

        return entries;
    }
}

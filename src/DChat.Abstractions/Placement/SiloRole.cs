namespace DChat.Abstractions.Placement;

/// <summary>What a silo does in its cluster. Values are flags: <see cref="All"/> is both of the others.</summary>
[Flags]
public enum SiloRole
{
    /// <summary>Keeps the shard log and hosts the shards.</summary>
    Core = 1,

    /// <summary>Faces chat peers; has no shard log.</summary>
    Edge = 2,

    /// <summary>A node on its own: core and edge in one process.</summary>
    All = Core | Edge,
}

namespace DChat.Abstractions.Placement;

/// <summary>How roles are written, and what they include.</summary>
public static class SiloRoles
{
    /// <summary>The key of a silo's metadata that holds its role. Silos of other versions read it: it never changes.</summary>
    public const string MetadataKey = "dchat.role";

    /// <summary>Whether the silo hosts the shards and their log.</summary>
    public static bool IncludesCore(this SiloRole role) => role.HasFlag(SiloRole.Core);

    /// <summary>Whether the silo faces chat peers.</summary>
    public static bool IncludesEdge(this SiloRole role) => role.HasFlag(SiloRole.Edge);

    /// <summary><c>core</c>, <c>edge</c> or <c>all</c>: how options, logs and metadata write it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is none of the three.</exception>
    public static string ToText(this SiloRole role) => role switch
    {
        SiloRole.Core => "core",
        SiloRole.Edge => "edge",
        SiloRole.All => "all",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "A role is core, edge or all."),
    };

    /// <summary>Reads what <see cref="ToText"/> writes; false for anything else, as of a silo that has no role.</summary>
    public static bool TryParse(string? text, out SiloRole role)
    {
        role = text switch
        {
            "core" => SiloRole.Core,
            "edge" => SiloRole.Edge,
            "all" => SiloRole.All,
            _ => default,
        };
        return role != default;
    }
}

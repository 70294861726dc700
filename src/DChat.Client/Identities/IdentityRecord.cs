using System.Collections.Immutable;
using DChat.Core.Clocks;
using DChat.Core.Identity;
using DChat.Core.Keys;

namespace DChat.Client.Identities;

/// <summary>What a device remembers of its identity and of others, besides their logs. Immutable.</summary>
internal sealed record IdentityRecord
{
    public static IdentityRecord Empty { get; } = new();

    /// <summary>The network of all identities here; null before the first.</summary>
    public string? Network { get; init; }

    public IdentityId? Identity { get; init; }

    /// <summary>What the devices share, as far as this one knows.</summary>
    public SharedState State { get; init; } = SharedState.Empty;

    /// <summary>When this device last sealed its state.</summary>
    public HybridTimestamp SealedAt { get; init; }

    /// <summary>SHA-256 of the state that this device sealed last, as encoded; null when none.</summary>
    public string? Sealed { get; init; }

    /// <summary>SHA-256 of what that state held and whom it was sealed to.</summary>
    public string? SealedContent { get; init; }

    /// <summary>SHA-256 of the states of others that are merged here, as encoded.</summary>
    public ImmutableDictionary<DeviceKey, string> Merged { get; init; } = ImmutableDictionary<DeviceKey, string>.Empty;

    public ImmutableHashSet<IdentityId> Followed { get; init; } = [];

    /// <summary>Every identity whose log is known.</summary>
    public IEnumerable<IdentityId> Known => Identity is { } own ? Followed.Add(own) : Followed;
}

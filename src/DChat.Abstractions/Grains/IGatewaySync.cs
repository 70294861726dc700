using DChat.Abstractions.Messages;

namespace DChat.Abstractions.Grains;

/// <summary>What reconciles shards with partners, within the process of a gateway.</summary>
public interface IGatewaySync
{
    /// <summary>How it stands now.</summary>
    SyncDescription Describe();

    /// <summary>Begins a run now, unless one is under way, which then is followed by another.</summary>
    /// <param name="partner">The partner's PeerId as text; null for all.</param>
    /// <returns>Whether there is such a partner.</returns>
    bool TryBegin(string? partner);
}

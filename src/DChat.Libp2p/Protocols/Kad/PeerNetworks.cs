using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Kad.Routing;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>The networks by which peers are counted.</summary>
internal sealed class PeerNetworks(KademliaDiversity diversity, ILogger? logger = null)
{
    /// <summary>Addresses of a peer that are looked at.</summary>
    private const int MaxAddresses = 16;

    /// <summary>The group of those whose address tells no network, so that being unknown is no way to be many.</summary>
    private const string Unknown = "unknown";

    /// <summary>The groups of a peer at these addresses; none for one in this process or in a private network.</summary>
    internal IReadOnlyList<PeerGroup> GroupsOf(IEnumerable<Multiaddr> addresses)
    {
        var groups = new Dictionary<string, PeerGroup>(StringComparer.Ordinal);
        foreach (var address in addresses.Take(MaxAddresses))
        {
            if (NameOf(address) is { } name)
            {
                groups[name] = new PeerGroup(name, diversity.MaxPerGroupInBucket, diversity.MaxPerGroupInTable);
            }

            if (AddressClasses.Of(address) is not (AddressClass.Loopback or AddressClass.Private))
            {
                foreach (var group in NetworksOf(address))
                {
                    groups[group.Name] = group;
                }
            }
        }

        return [.. groups.Values];
    }

    /// <summary>
    /// Whose share what comes from an address counts to: the application's name for it, or its network of /24 or /48. One who
    /// comes through a relay counts to the relay's network. Null within this process, where nobody is a stranger.
    /// </summary>
    internal string? ShareOf(Multiaddr address) =>
        NameOf(address)
        ?? (address.Components[0].Protocol == MultiaddrProtocol.Memory ? null : AddressNetworks.IpOf(address) is { } ip ? AddressNetworks.SiteOf(ip).ToString() : Unknown);

    /// <summary>The application's name for an address. Someone else's code: when it fails, the address has none, and counts by its network.</summary>
    private string? NameOf(Multiaddr address)
    {
        try
        {
            return diversity.GroupOf?.Invoke(address);
        }
        catch (Exception e)
        {
            logger?.GroupingFailed(e);
            return null;
        }
    }

    private IEnumerable<PeerGroup> NetworksOf(Multiaddr address)
    {
        if (AddressNetworks.IpOf(address) is not { } ip)
        {
            yield return new PeerGroup(Unknown, diversity.MaxPerNetworkInBucket, diversity.MaxPerNetworkInTable);
            yield break;
        }

        yield return new PeerGroup(AddressNetworks.SiteOf(ip).ToString(), diversity.MaxPerNetworkInBucket, diversity.MaxPerNetworkInTable);
        yield return new PeerGroup(AddressNetworks.BlockOf(ip).ToString(), diversity.MaxPerBlockInBucket, diversity.MaxPerBlockInTable);
    }
}

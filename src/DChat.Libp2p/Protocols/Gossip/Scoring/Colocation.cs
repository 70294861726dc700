using System.Net;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <summary>How many connected peers there are in each network (gossipsub-v1.1.md, "P₆").</summary>
internal sealed class Colocation(PeerScoreOptions options)
{
    private readonly Dictionary<IPNetwork, int> _peers = [];
    private readonly IPNetwork[] _exempt = [.. options.ColocationExempt];

    /// <summary>Networks with a peer in them.</summary>
    internal int Count => _peers.Count;

    /// <summary>
    /// The networks of addresses, each once, without what is exempt. Blocks are not counted: many honest peers share those of a
    /// large provider.
    /// </summary>
    internal IReadOnlyList<IPNetwork> NetworksOf(IEnumerable<Multiaddr> addresses) =>
        [.. addresses.Where(a => !IsExempt(a)).SelectMany(AddressNetworks.Of).Where(n => !AddressNetworks.IsBlock(n)).Distinct()];

    internal void Add(IReadOnlyList<IPNetwork> networks)
    {
        foreach (var network in networks)
        {
            _peers[network] = _peers.GetValueOrDefault(network) + 1;
        }
    }

    internal void Remove(IReadOnlyList<IPNetwork> networks)
    {
        foreach (var network in networks)
        {
            if (--_peers[network] is var left and > 0)
            {
                _peers[network] = left;
            }
            else
            {
                _peers.Remove(network);
            }
        }
    }

    /// <summary>P₆ of a peer in these networks: what each has too many, squared.</summary>
    internal double PenaltyOf(IReadOnlyList<IPNetwork> networks)
    {
        var penalty = 0.0;
        foreach (var network in networks)
        {
            double surplus = _peers.GetValueOrDefault(network) - (AddressNetworks.IsNarrowest(network) ? options.ColocationThreshold : options.WideColocationThreshold);
            penalty += surplus > 0 ? surplus * surplus : 0;
        }

        return penalty;
    }

    private bool IsExempt(Multiaddr address) => AddressNetworks.IpOf(address) is not { } ip || _exempt.Any(n => n.Contains(ip));
}

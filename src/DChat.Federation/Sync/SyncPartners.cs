using DChat.Libp2p.Identity;
using Microsoft.Extensions.Options;

namespace DChat.Federation.Sync;

/// <summary>The partners that the operator has named.</summary>
internal sealed class SyncPartners(IOptions<SyncOptions> options, TimeProvider time)
{
    private readonly Dictionary<PeerId, SyncPartner> _byPeer = options.Value.TryParsePartners()!.ToDictionary(
        address => address.Peer!, address => new SyncPartner(address, options.Value.MaxRunBytes, time));

    /// <summary>All of them, in their order.</summary>
    public IReadOnlyCollection<SyncPartner> All => _byPeer.Values;

    /// <summary>The partner with a PeerId; null when there is none.</summary>
    public SyncPartner? Find(PeerId peer) => _byPeer.GetValueOrDefault(peer);
}

using System.Net;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Gateway.Gossip;

/// <summary>How a gateway scores the peers it gossips with: only what no honest peer does counts.</summary>
internal static class GossipScores
{
    /// <summary>
    /// What counts in the topic of a shard: messages that every honest peer rejects, and nothing else. A shard may be quiet, and a
    /// device owes nobody any messages; merit would only make up for forgeries. About 34 within some minutes are graylisted.
    /// </summary>
    public static TopicScoreOptions OfShard { get; } = new()
    {
        Weight = 1,
        TimeInMeshWeight = 0,
        FirstDeliveriesWeight = 0,
        InvalidMessagesWeight = -0.07,
        InvalidMessagesDecay = PeerScoreOptions.DecayOver(TimeSpan.FromMinutes(5)),
    };

    private static readonly string[] PrivateNetworks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"];

    /// <summary>
    /// What a relay that the operator vouches for is worth, times the weight of the application's score: as much as it takes for the
    /// peers that it tells of to be dialed. It makes up for two forgeries, and for none where peers are closed: that goes by conduct alone.
    /// </summary>
    public const double VouchedScore = 1;

    /// <summary>Scores as a gateway does.</summary>
    /// <param name="options">Set up by this.</param>
    /// <param name="isVouched">Whether the operator vouches for a peer.</param>
    public static void Configure(PeerScoreOptions options, Func<PeerId, bool> isVouched)
    {
        options.ApplicationScore = peer => isVouched(peer) ? VouchedScore : 0;

        // Many devices behind one router are honest, and connections have their limits for each network.
        options.ColocationWeight = 0;

        // A refusal counts in the peer's network too, and a proxy of the operator's may be all of it.
        foreach (var network in PrivateNetworks)
        {
            options.ColocationExempt.Add(IPNetwork.Parse(network));
        }
    }
}

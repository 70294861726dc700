using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;

namespace DChat.Grains.PeerSet;

/// <summary>What an update must look like before it is taken.</summary>
internal static class PeerSetUpdateRules
{
    /// <summary>What is wrong with an update sent to the grain of a key, in a sentence; null when nothing is.</summary>
    public static string? FaultOf(PeerSetUpdate update, string key)
    {
        if (GrainKeys.PeerSet(update.Gateway.PeerId) != key)
        {
            return $"The report of gateway {update.Gateway.PeerId} came to the peer set of {key}.";
        }

        if (update.Changed.Length + update.Removed.Length is var peers and > PeerSetUpdate.MaxPeers)
        {
            return $"An update has at most {PeerSetUpdate.MaxPeers} peers; this one has {peers}.";
        }

        if (update.Gateway.PeerCount > PeerSetUpdate.MaxPeersOfGateway)
        {
            return $"A gateway has at most {PeerSetUpdate.MaxPeersOfGateway} peers; this one has {update.Gateway.PeerCount}.";
        }

        return update.Changed.Any(peer => peer.AgentVersion?.Length > PeerDescription.MaxAgentVersionLength)
            ? $"An agent version has at most {PeerDescription.MaxAgentVersionLength} characters."
            : null;
    }
}

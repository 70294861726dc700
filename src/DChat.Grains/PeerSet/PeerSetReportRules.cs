using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;

namespace DChat.Grains.PeerSet;

/// <summary>What a report must look like before it is kept.</summary>
internal static class PeerSetReportRules
{
    /// <summary>What is wrong with a report sent to the grain of a key, in a sentence; null when nothing is.</summary>
    public static string? FaultOf(PeerSetReport report, string key)
    {
        if (GrainKeys.PeerSet(report.Gateway.PeerId) != key)
        {
            return $"The report of gateway {report.Gateway.PeerId} came to the peer set of {key}.";
        }

        if (report.Peers.Length > PeerSetReport.MaxPeers)
        {
            return $"A report describes at most {PeerSetReport.MaxPeers} peers; this one has {report.Peers.Length}.";
        }

        return report.Peers.Any(peer => peer.AgentVersion?.Length > PeerDescription.MaxAgentVersionLength)
            ? $"An agent version has at most {PeerDescription.MaxAgentVersionLength} characters."
            : null;
    }
}

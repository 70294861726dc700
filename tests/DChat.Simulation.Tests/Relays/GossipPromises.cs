using DChat.Core.Envelopes;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Simulation.Tests.Relays;

/// <summary>
/// What gossip promises, and no more: a message that a relay publishes is held, shortly after, by every relay that it is
/// linked to without a break from shortly before until then, unless the link lost that very copy or the other's disk was
/// full. Whoever was down, parted or not linked may never get it: that is for sync.
/// </summary>
internal sealed class GossipPromises(Simulator simulator, SimulatedNetwork network, IReadOnlyList<SimulatedRelay> relays)
{
    /// <summary>Longer than subscriptions, messages, verdicts and commits take together.</summary>
    private static readonly TimeSpan Shortly = TimeSpan.FromSeconds(2);

    private readonly HashSet<(string From, string To, GossipMessageId Id)> _lost = [];

    /// <summary>How many were kept.</summary>
    public int Kept { get; private set; }

    /// <summary>How many ended because of a fault.</summary>
    public int Excused { get; private set; }

    /// <summary>The link has lost a message.</summary>
    public void Lost(string from, string to, GossipMessageId id) => _lost.Add((from, to, id));

    /// <summary>A relay has published a message.</summary>
    public void Make(SimulatedRelay from, GossipMessageId gossipId, MessageId id)
    {
        var since = simulator.Now - Shortly;
        foreach (var to in relays.Where(to => network.UpSince(from.Name, to.Name) <= since))
        {
            simulator.After(Shortly, () =>
            {
                if (!(network.UpSince(from.Name, to.Name) <= since) || to.FullUntil >= since + Shortly || _lost.Contains((from.Name, to.Name, gossipId)))
                {
                    Excused++;
                    return;
                }

                Assert.True(to.Record.Has(id), $"{from.Name} gossiped {id} at {since + Shortly}, and {to.Name} does not hold it.");
                Kept++;
            });
        }
    }
}

using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <content>What observers are told.</content>
internal sealed partial class GossipRouter
{
    /// <summary>Who hears what peers do, in the order they do it. They are not to throw, and not to call back.</summary>
    internal IReadOnlyList<IGossipObserver> Observers { get; init; } = options.Observer is { } observer ? [observer] : [];

    /// <summary>What a peer sent that cannot be a message. Counted by whoever found it.</summary>
    internal void ReportFaults(PeerId from, IReadOnlyList<(string? Topic, GossipFault Fault)> faults, TimeSpan now)
    {
        foreach (var (topic, fault) in faults)
        {
            Tell(new GossipEvent(GossipEventKind.Faulty, from, now) { Topic = topic, Fault = fault });
        }
    }

    private void Tell(in GossipEvent happened)
    {
        _keeper.Observe(happened);
        foreach (var observer in Observers)
        {
            observer.Observe(happened);
        }
    }

    private void TellPresence(GossipEventKind kind, RouterPeer peer, TimeSpan now) =>
        Tell(new GossipEvent(kind, peer.Id, now) { IsDialed = peer.IsDialed, Addresses = peer.Addresses });

    private void TellVerdict(GossipEventKind kind, Pending judged, TimeSpan now)
    {
        judged.Bringers?.Remove(judged.Source.Id);
        Tell(new GossipEvent(kind, judged.Source.Id, now)
        {
            Topic = judged.Packet.Topic,
            MessageId = judged.Packet.Id,
            Others = judged.Bringers ?? (IReadOnlyCollection<PeerId>)[],
        });
    }

    private void Accuse(PeerId peer, GossipMisdeed misdeed, TimeSpan now, int count = 1) =>
        Tell(new GossipEvent(GossipEventKind.Misbehaved, peer, now) { Misdeed = misdeed, Count = count });

    /// <summary>What a peer said beyond its limits, which was passed over.</summary>
    private void PassOver(RouterPeer peer, GossipMisdeed misdeed, int count, TimeSpan now)
    {
        if (count > 0)
        {
            Counters.ControlOverLimit += count;
            Accuse(peer.Id, misdeed, now, count);
        }
    }

    private void AddToMesh(string topic, RouterPeer peer, TimeSpan now)
    {
        if (_meshes[topic].Add(peer))
        {
            Tell(new GossipEvent(GossipEventKind.Grafted, peer.Id, now) { Topic = topic });
        }
    }

    private void RemoveFromMesh(string topic, RouterPeer peer, TimeSpan now)
    {
        if (_meshes.GetValueOrDefault(topic)?.Remove(peer) is true)
        {
            Tell(new GossipEvent(GossipEventKind.Pruned, peer.Id, now) { Topic = topic });
        }
    }
}

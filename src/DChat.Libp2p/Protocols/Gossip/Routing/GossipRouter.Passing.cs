using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <content>Messages that a peer has sent and that were not kept: they are not asked of it again at once.</content>
internal sealed partial class GossipRouter
{
    /// <summary>
    /// Messages of one peer that are remembered as not taken, and as turned away: of more, it is asked again when it tells of them. About
    /// 70 KiB each at the most, and 1,024 peers may have as many.
    /// </summary>
    internal const int MaxPassedIds = 512;

    /// <summary>A message came and is not taken: that is not the fault of whoever sent it, and it is not asked of them again.</summary>
    internal void PassBy(PeerId from, GossipMessageId id)
    {
        _promises.Keep(id);
        if (TryFind(from, out var peer))
        {
            Note(peer.Untaken, id);
        }
    }

    /// <summary>Notes an id for as long as peers tell about it.</summary>
    private void Note(PassingIds ids, GossipMessageId id)
    {
        if (ids.Count < MaxPassedIds)
        {
            ids.Add(id, _heartbeat + options.HistoryLength);
        }
    }
}

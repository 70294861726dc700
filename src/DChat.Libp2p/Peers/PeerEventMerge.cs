using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Peers;

/// <summary>Leaves out of a row of events what does not matter at its end.</summary>
internal static class PeerEventMerge
{
    /// <summary>
    /// The fewest events, in order, after which a reader knows the same as after all: a connection that opened and closed within them
    /// is left out, only the last identification of each connection stays, and failures are left out. Whether a connection is the first
    /// or last is told anew for what is left.
    /// </summary>
    internal static IReadOnlyList<PeerEvent> Merge(IReadOnlyCollection<PeerEvent> events)
    {
        var opened = events.OfType<PeerEvent.ConnectionOpened>().Select(e => e.Connection).ToHashSet();
        var closed = events.OfType<PeerEvent.ConnectionClosed>().Select(e => e.Connection).ToHashSet();
        var last = new Dictionary<PeerConnection, PeerEvent.Identified>();
        foreach (var identified in events.OfType<PeerEvent.Identified>())
        {
            last[identified.Connection] = identified;
        }

        // Connections to each peer that the reader knows of.
        var known = new Dictionary<PeerId, int>();
        var left = new List<PeerEvent>();
        foreach (var occurred in events)
        {
            switch (occurred)
            {
                case PeerEvent.ConnectionOpened e:
                    known.TryAdd(e.Connection.RemotePeer, e.OpenCount - 1);
                    if (!closed.Contains(e.Connection))
                    {
                        var open = ++known[e.Connection.RemotePeer];
                        left.Add(e with { IsFirst = open == 1, OpenCount = open });
                    }

                    break;
                case PeerEvent.ConnectionClosed e:
                    known.TryAdd(e.Connection.RemotePeer, e.OpenCount + 1);
                    if (!opened.Contains(e.Connection))
                    {
                        var open = --known[e.Connection.RemotePeer];
                        left.Add(e with { IsLast = open == 0, OpenCount = open });
                    }

                    break;
                case PeerEvent.Identified e when !closed.Contains(e.Connection) && ReferenceEquals(last[e.Connection], e):
                    left.Add(e);
                    break;
            }
        }

        return left;
    }
}

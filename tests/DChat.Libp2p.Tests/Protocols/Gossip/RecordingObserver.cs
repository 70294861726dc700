using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Writes down what an observer of gossip is told, a line each.</summary>
internal sealed class RecordingObserver : IGossipObserver
{
    private readonly Lock _gate = new();
    private readonly List<(GossipEvent Event, string Text)> _told = [];
    private readonly Func<PeerId, string> _nameOf;

    /// <param name="nameOf">Names peers; null when they are called by the letters of a transcript.</param>
    public RecordingObserver(Func<PeerId, string>? nameOf = null)
    {
        var letters = "abcdefghABCDEFGH".Select(c => c.ToString()).ToDictionary(RouterPeers.Peer);
        _nameOf = nameOf ?? (p => letters[p]);
    }

    /// <summary>What was told, without who came and went.</summary>
    public IReadOnlyList<string> Lines => LinesOf(e => e.Kind is not (GossipEventKind.Connected or GossipEventKind.Relocated or GossipEventKind.Disconnected));

    public IReadOnlyList<string> LinesOf(Func<GossipEvent, bool> predicate)
    {
        lock (_gate)
        {
            return [.. _told.Where(t => predicate(t.Event)).Select(t => t.Text)];
        }
    }

    public void Observe(in GossipEvent happened)
    {
        lock (_gate)
        {
            _told.Add((happened, Describe(happened)));
        }
    }

    private string Describe(in GossipEvent e)
    {
        var text = $"{_nameOf(e.Peer)} {e.Kind}";
        return e.Kind switch
        {
            GossipEventKind.Connected or GossipEventKind.Relocated => $"{text} {(e.IsDialed ? "dialed" : "dialing")} {string.Join(' ', e.Addresses)}",
            GossipEventKind.Grafted or GossipEventKind.Pruned => $"{text} {e.Topic}",
            GossipEventKind.Copied => $"{text} {e.Topic} {Text(e.MessageId)}",
            GossipEventKind.Faulty => $"{text} {e.Fault} {e.Topic}",
            GossipEventKind.Misbehaved => $"{text} {e.Misdeed} {e.Count} at {e.Time.TotalSeconds}",
            GossipEventKind.Accepted or GossipEventKind.Rejected or GossipEventKind.Ignored =>
                $"{text} {e.Topic} {Text(e.MessageId)} [{string.Concat(e.Others.Select(_nameOf).Order(StringComparer.Ordinal))}]",
            _ => text,
        };
    }

    private static string Text(GossipMessageId id) => Encoding.UTF8.GetString(id.Bytes.Span);
}

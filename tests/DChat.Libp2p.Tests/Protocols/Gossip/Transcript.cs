using System.Globalization;
using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>
/// Leads a router by text: lines that begin with <c>&gt;</c> are inputs, those after them what the router then wants done.
/// Replaying the inputs must give the same text. Peers are letters, ids are their text.
/// </summary>
internal sealed class Transcript
{
    private readonly GossipRouter _router;
    private readonly Dictionary<PeerId, string> _names = [];
    private readonly StringBuilder _text = new();
    private TimeSpan _now;

    private Transcript(GossipsubOptions options) => _router = new GossipRouter(options, seed: 1);

    /// <summary>Replays and compares; the router, for what its effects do not show.</summary>
    public static GossipRouter Replay(string expected, Action<GossipsubOptions>? configure = null)
    {
        var options = new GossipsubOptions { FloodPublish = false };
        configure?.Invoke(options);
        Assert.Empty(options.Validate());
        var transcript = new Transcript(options);
        foreach (var line in expected.Split('\n').Where(l => l.StartsWith("> ", StringComparison.Ordinal)))
        {
            transcript._text.Append(line).Append('\n');
            transcript.Do(line[2..].Split(' '));
        }

        Assert.Equal(expected.Trim(), transcript._text.ToString().Trim());
        return transcript._router;
    }

    private void Do(string[] words)
    {
        if (words[0].EndsWith(':'))
        {
            Hear(words[0][..^1], words[1], words[2..]);
        }
        else
        {
            Lead(words[0], words[1..]);
        }

        Tell();
    }

    private void Lead(string verb, string[] arguments)
    {
        switch (verb)
        {
            case "peers":
                // Lower case dialed this side, upper case was dialed by it.
                foreach (var name in arguments[0].Select(c => c.ToString()))
                {
                    var version = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 2;
                    _text.Append(_router.TryAddPeer(Peer(name), version, char.IsUpper(name[0]), [], _now) ? "" : $"{name} refused\n");
                    _router.Greet(Peer(name), version, _now);
                }

                break;
            case "silence":
                _router.Silence(Peer(arguments[0]), _now);
                break;
            case "greet":
                _router.Greet(Peer(arguments[0]), version: 2, _now);
                break;
            case "gone":
                _router.RemovePeer(Peer(arguments[0]), _now);
                break;
            case "join":
                _router.Join(arguments[0], _now);
                break;
            case "leave":
                _router.Leave(arguments[0], _now);
                break;
            case "all":
                foreach (var peer in _router.Peers.ToArray())
                {
                    _router.HandleSubscriptions(peer, Rpc(r => r.Subscriptions.Add((arguments[0], true))), _now);
                }

                _router.Effects.Clear();
                break;
            case "publish":
                _text.Append(_router.Publish(Packet(arguments[0], arguments[1], SizeOf(arguments)), _now) ? "" : "duplicate\n");
                break;
            case "accept" or "reject" or "ignore" or "defer":
                _router.Decide(Id(arguments[0]), Enum.Parse<GossipVerdict>(verb, ignoreCase: true), _now);
                break;
            case "beat":
                Beat(arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 1);
                break;
            case "mesh":
                _text.Append(CultureInfo.InvariantCulture, $"mesh {string.Concat(_router.MeshOf(arguments[0]).Select(p => _names[p]).Order(StringComparer.Ordinal))}\n");
                break;
            default:
                throw new ArgumentException(verb);
        }
    }

    private void Hear(string peer, string verb, string[] arguments)
    {
        var rpc = Rpc(r =>
        {
            GossipMessageId[] Ids(int from) => [.. arguments[from..].Select(Id)];
            switch (verb)
            {
                case "subscribe": r.Subscriptions.Add((arguments[0], true)); break;
                case "unsubscribe": r.Subscriptions.Add((arguments[0], false)); break;
                case "graft": r.Graft.Add(arguments[0]); break;
                case "prune": r.Prune.Add((arguments[0], ulong.Parse(arguments[1], CultureInfo.InvariantCulture))); break;
                case "exchange": r.Prune.Add((arguments[0], 60)); r.Exchange.AddRange(arguments[1..].Select(a => (arguments[0], (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(a)))); break;
                case "ihave": r.Ihave.Add((arguments[0], Ids(1))); break;
                case "iwant": r.Iwant.AddRange(Ids(0)); break;
                case "idontwant": r.Idontwant.AddRange(Ids(0)); break;
                case "message": break;
                default: throw new ArgumentException(verb);
            }
        });
        _router.HandleSubscriptions(Peer(peer), rpc, _now);
        if (verb == "message")
        {
            _router.Receive(Peer(peer), Packet(arguments[0], arguments[1], SizeOf(arguments)), _now);
        }

        _router.HandleControl(Peer(peer), rpc, _now);
    }

    private void Beat(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _now += TimeSpan.FromSeconds(1);
            _router.Heartbeat(_now);
            Tell();
        }
    }

    private void Tell()
    {
        foreach (var effect in _router.Effects)
        {
            _text.Append(Describe(effect, _names[effect.Peer])).Append('\n');
        }

        _router.Effects.Clear();
    }

    private string Describe(GossipEffect effect, string peer) => effect.Kind switch
    {
        GossipEffectKind.Subscribe => $"{peer} <- SUBSCRIBE {effect.Topic}",
        GossipEffectKind.Unsubscribe => $"{peer} <- UNSUBSCRIBE {effect.Topic}",
        GossipEffectKind.Graft => $"{peer} <- GRAFT {effect.Topic}",
        GossipEffectKind.Prune => $"{peer} <- PRUNE {effect.Topic} {effect.Backoff.TotalSeconds}{Names(effect.Others)}",
        GossipEffectKind.Introduce => $"{peer} introduces {string.Join(' ', effect.Records!.Select(r => Encoding.UTF8.GetString(r.Span)).Order(StringComparer.Ordinal))}",
        GossipEffectKind.Send => $"{peer} <- {Text(effect.Packet!.Id)}",
        GossipEffectKind.Gossip => $"{peer} <- {effect.Ids.Kind.ToString().ToUpperInvariant()}{(effect.Ids.Topic is { } t ? " " + t : "")} {string.Join(' ', effect.Ids.Ids.ToArray().Select(Text).Order(StringComparer.Ordinal))}",
        GossipEffectKind.Validate => $"validate {Text(effect.Packet!.Id)} of {peer}",
        GossipEffectKind.PeerSubscribed => $"{peer} wants {effect.Topic}",
        _ => $"{peer} wants {effect.Topic} no longer",
    };

    private string Names(IReadOnlyList<PeerId>? peers) =>
        peers is { Count: > 0 } ? $" [{string.Concat(peers.Select(p => _names[p]).Order(StringComparer.Ordinal))}]" : "";

    private static int SizeOf(string[] arguments) => arguments.Length > 2 ? int.Parse(arguments[2], CultureInfo.InvariantCulture) : 1;

    private static GossipRpc Rpc(Action<GossipRpc> fill)
    {
        var rpc = new GossipRpc();
        fill(rpc);
        return rpc;
    }

    private static GossipMessageId Id(string text) => new(Encoding.UTF8.GetBytes(text));

    private static string Text(GossipMessageId id) => Encoding.UTF8.GetString(id.Bytes.Span);

    private static GossipPacket Packet(string topic, string id, int size) => GossipPacket.Create(Id(id), topic, new byte[size]);

    private PeerId Peer(string name)
    {
        var peer = PeerId.FromBytes(Multihash.Sha256(Encoding.UTF8.GetBytes(name)));
        _names[peer] = name;
        return peer;
    }
}

using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Gossip.Routing;

/// <content>Peers that others are told of instead (gossipsub-v1.1.md, "Peer Exchange on Prune").</content>
internal sealed partial class GossipRouter
{
    /// <summary>Peers that one PRUNE tells of, and peers followed of one RPC.</summary>
    internal const int MaxExchangePeers = 16;

    /// <summary>Whether the peers that a peer of good score tells of are followed; its score alone says so when null. Not to throw.</summary>
    internal Func<PeerId, bool>? MayIntroduce { get; init; } = options.AcceptsExchangeOf;

    /// <summary>Others that a peer may turn to which is not wanted in a mesh.</summary>
    private List<PeerId> Alternatives(string topic, RouterPeer to) => options.PeerExchange && IsGood(to)
        ? Draw(InterestedIn(topic).Where(p => p != to && p.Score >= 0), MaxExchangePeers).ConvertAll(p => p.Id)
        : [];

    /// <summary>Records that came with prunes. They are only chosen from here; whoever dials opens them.</summary>
    private void OnExchange(RouterPeer peer, List<(string Topic, ReadOnlyMemory<byte> Record)> exchange)
    {
        if (exchange.Count == 0 || !IsFollowed(peer))
        {
            return;
        }

        ReadOnlyMemory<byte>[] records = [.. exchange.Where(e => _meshes.ContainsKey(e.Topic)).Select(e => e.Record)];
        _random.Shuffle(records);
        if (records.Length > 0)
        {
            Effects.Add(new GossipEffect(GossipEffectKind.Introduce, peer.Id) { Records = records[..Math.Min(records.Length, MaxExchangePeers)] });
        }
    }

    /// <summary>Whether a peer is good enough to be told of others, and to tell of them.</summary>
    private bool IsGood(RouterPeer peer) => Scores.Of(peer.Id) >= 0;

    private bool IsFollowed(RouterPeer peer) => MayIntroduce is null
        ? Scores.Of(peer.Id) >= options.Score.AcceptExchangeThreshold
        : IsGood(peer) && MayIntroduce(peer.Id);
}

using System.Text;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Libp2p.Tests.Protocols.Gossip.Scoring;

/// <summary>Scores on a clock that is moved by hand, with one scored topic. Peers and ids are their text.</summary>
internal sealed class Scored
{
    public const string Topic = "t";

    public static readonly TimeSpan RecordTime = TimeSpan.FromSeconds(120);

    /// <summary>A topic in which nothing counts.</summary>
    public static readonly TopicScoreOptions Nothing = new()
    {
        Weight = 1,
        TimeInMeshWeight = 0,
        FirstDeliveriesWeight = 0,
        InvalidMessagesWeight = 0,
    };

    private readonly TimeSpan _interval;

    public Scored(TopicScoreOptions? topic = null, Action<PeerScoreOptions>? configure = null)
    {
        var options = new PeerScoreOptions { TopicScoreCap = 0 };
        configure?.Invoke(options);
        Assert.Empty(options.Validate());
        Assert.Empty((topic ?? Nothing).Validate());
        _interval = options.DecayInterval;
        Scores = new PeerScores(options, RecordTime, TimeSpan.Zero);
        Scores.Join(Topic, topic ?? Nothing);
    }

    public PeerScores Scores { get; }

    public TimeSpan Now { get; private set; }

    public static PeerId Peer(string name) => PeerId.FromBytes(Multihash.Sha256(Encoding.UTF8.GetBytes(name)));

    public static GossipMessageId Id(string text) => new(Encoding.UTF8.GetBytes(text));

    public double Of(string peer) => Scores.Of(Peer(peer));

    public PeerScoreSnapshot Inspect(string peer) => Scores.Inspect(Peer(peer))!;

    public TopicScoreSnapshot InTopic(string peer) => Assert.Single(Inspect(peer).Topics);

    public void Add(string peer, params string[] addresses) => Scores.AddPeer(Peer(peer), addresses.Select(Multiaddr.Parse));

    public void Remove(string peer) => Scores.RemovePeer(Peer(peer), Now);

    public void Graft(string peer) => Scores.Graft(Peer(peer), Topic, Now);

    public void Prune(string peer) => Scores.Prune(Peer(peer), Topic);

    /// <summary>An accepted message; its first bringer, and who else was there before the verdict.</summary>
    public void Deliver(string id, string first, params string[] others) => Scores.Deliver(Id(id), Topic, Peer(first), others.Select(Peer), Now);

    public void Reject(string id, string first, params string[] others) => Scores.Reject(Id(id), Topic, Peer(first), others.Select(Peer), Now);

    public void Copy(string id, string peer) => Scores.Copy(Id(id), Topic, Peer(peer), Now);

    /// <summary>Passes time without a decay.</summary>
    public void Wait(TimeSpan time) => Now += time;

    /// <summary>Passes so many decay intervals.</summary>
    public void Decay(int intervals = 1)
    {
        for (var i = 0; i < intervals; i++)
        {
            Now += _interval;
            Scores.Decay(Now);
        }
    }
}

using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Scoring;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Hostile;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Scores with hosts and connections: who is not read, who is closed, and who suffers nothing.</summary>
public sealed class GossipsubScoreTests : IAsyncDisposable
{
    private static readonly TopicScoreOptions Scored = new() { TimeInMeshWeight = 0, FirstDeliveriesWeight = 0 };

    private readonly GossipNodes _nodes = new();

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task A_forger_is_closed_within_a_heartbeat_and_refused_and_the_honest_notice_nothing()
    {
        var (hub, alice) = await StartAsync();
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        for (var i = 0; i < 100; i++)
        {
            await mallory.SendAsync(Message($"forged {i}"));
        }

        await GossipNode.UntilAsync(() => hub.Gossip.ScoreOf(mallory.Host.LocalPeer) < new PeerScoreOptions().GraylistThreshold);
        hub.Beat();
        await GossipNode.UntilAsync(() => hub.Host.ConnectionsTo(mallory.Host.LocalPeer).Count == 0);
        Assert.Equal(1, hub.Gossip.Counters.Cut);

        // The handshake tells who it is; then it is closed again.
        var again = await mallory.Host.ConnectAsync(hub.Host.Address(), TestContext.Current.CancellationToken);
        await again.Closed.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        Assert.Empty(hub.Host.ConnectionsTo(mallory.Host.LocalPeer));

        alice.Publish("still here");
        while (await hub.NextTextAsync() != "still here")
        {
            // What the forger had sent came first.
        }

        Assert.Equal((0, 1), (hub.Gossip.ScoreOf(alice.Peer), hub.Gossip.MeshOf(GossipNode.Topic).Count));
        Assert.Equal(0, alice.Gossip.ScoreOf(hub.Peer));
    }

    [Fact]
    public async Task A_graylisted_peer_is_not_read_and_what_it_did_is_remembered_when_it_comes_again()
    {
        var (hub, _) = await StartAsync(o => o.Score.DisconnectsGraylisted = false);
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        for (var i = 0; i < 5; i++)
        {
            await mallory.SendAsync(Message($"forged {i}"));
        }

        await GossipNode.UntilAsync(() => hub.Gossip.ScoreOf(mallory.Host.LocalPeer) == -125);
        var snapshot = hub.Gossip.Inspect(mallory.Host.LocalPeer)!;
        Assert.Equal((true, -125, 5), (snapshot.IsConnected, snapshot.TopicScore, snapshot.Topics[0].InvalidMessages));
        var malformed = hub.Gossip.Counters.Malformed;
        await mallory.SendAsync([0xff, 0xff, 0xff]);
        await mallory.SendAsync(Message("good"));
        await GossipNode.UntilAsync(() => hub.Gossip.Counters.GraylistedRpcs == 2);
        Assert.Equal(malformed, hub.Gossip.Counters.Malformed);
        Assert.Equal(-125, hub.Gossip.ScoreOf(mallory.Host.LocalPeer));

        await mallory.Host.DisconnectAsync(hub.Peer);
        await GossipNode.UntilAsync(() => !hub.Gossip.Peers.Contains(mallory.Host.LocalPeer));
        Assert.False(hub.Gossip.Inspect(mallory.Host.LocalPeer)!.IsConnected);
        await mallory.Host.ConnectAndIdentifyAsync(hub.Host);
        await mallory.OpenAsync(hub);
        await mallory.SendAsync(Message("good"));
        await GossipNode.UntilAsync(() => hub.Gossip.Counters.GraylistedRpcs == 3);
        Assert.Contains(hub.Gossip.Inspect(), p => p.Peer.Equals(mallory.Host.LocalPeer) && p.IsConnected && p.Score == -125);
    }

    [Fact]
    public async Task Wrong_signatures_speak_against_whoever_sends_them()
    {
        var hub = await _nodes.StartAsync("hub");
        hub.Subscribe(policy: GossipSignaturePolicy.StrictSign, score: Scored);
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        using var author = PrivateKey.Generate();
        var signed = GossipSignature.Sign(author.PublicKey, author.Sign, GossipMessageIds.OfAuthor, GossipNode.Topic, "x"u8, 7).Frame.ToArray();
        signed[^1] ^= 1;
        await mallory.SendAsync(signed);
        await mallory.SendAsync(Message("unsigned"));
        await GossipNode.UntilAsync(() => hub.Gossip.ScoreOf(mallory.Host.LocalPeer) == -20);
        Assert.Equal((2, 2), (hub.Gossip.Counters.BadSignature, hub.Gossip.Inspect(mallory.Host.LocalPeer)!.Topics[0].InvalidMessages));
    }

    [Fact]
    public async Task Garbage_costs_a_peer_its_streams_and_soon_its_connection()
    {
        var (hub, _) = await StartAsync();
        await using var mallory = await RawGossipPeer.ConnectAsync(_nodes.Network, "mallory", hub);
        for (var i = 0; i < 3; i++)
        {
            await mallory.SendAsync([0xff, 0xff, 0xff]);
            Assert.True(await mallory.WasResetAsync());
            await mallory.OpenAsync(hub);
        }

        // Four misdeeds each: -10·(12 - 6)².
        await GossipNode.UntilAsync(() => hub.Gossip.ScoreOf(mallory.Host.LocalPeer) == -360);
        hub.Beat();
        await GossipNode.UntilAsync(() => hub.Host.ConnectionsTo(mallory.Host.LocalPeer).Count == 0);
    }

    [Fact]
    public async Task A_topic_with_a_score_out_of_range_is_not_subscribed_to()
    {
        var hub = await _nodes.StartAsync("hub");
        var fault = Assert.Throws<ArgumentException>(() => hub.Subscribe(score: new TopicScoreOptions { Weight = -1 }));
        Assert.Contains("Weight must be at least 0.", fault.Message, StringComparison.Ordinal);
        Assert.Empty(hub.Gossip.Topics);
    }

    private static byte[] Message(string text) => GossipPacket.Create(default, GossipNode.Topic, Encoding.UTF8.GetBytes(text)).Frame.ToArray();

    private async Task<(GossipNode Hub, GossipNode Alice)> StartAsync(Action<GossipsubOptions>? configure = null)
    {
        var (hub, alice) = await _nodes.StartMeshAsync(configure, Scored);
        hub.Judge = alice.Judge = message => ValueTask.FromResult(message.Data.Span.StartsWith("forged"u8) ? GossipVerdict.Reject : GossipVerdict.Accept);
        return (hub, alice);
    }
}

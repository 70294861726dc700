using System.Text;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>Whole hosts that gossip, in one process.</summary>
public sealed partial class GossipsubTests : IAsyncDisposable
{
    private readonly GossipNodes _nodes = new();

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task A_message_goes_from_mesh_to_mesh_and_to_nobody_twice()
    {
        var (alice, bob, carol) = await LineAsync();
        var published = alice.Publish("hello");
        Assert.False(published.IsDuplicate);
        Assert.Equal(1, published.PeerCount);
        var (atBob, atCarol) = (await bob.NextAsync(), await carol.NextAsync());
        Assert.Equal("hello", Encoding.UTF8.GetString(atBob.Data.Span));
        Assert.Equal((alice.Peer, published.MessageId), (atBob.ReceivedFrom, atBob.Id));
        Assert.Equal((bob.Peer, published.MessageId), (atCarol.ReceivedFrom, atCarol.Id));
        Assert.Null(atBob.Author);
        Assert.Equal(GossipMessageIds.OfContent("t", "hello"u8, default, default), published.MessageId);

        // What comes next comes next: nothing was delivered in between, nor to its author.
        alice.Publish("next");
        Assert.Equal("next", await carol.NextTextAsync());
        Assert.Equal("next", await bob.NextTextAsync());
        Assert.True(alice.HasNoMore);
    }

    [Fact]
    public async Task A_message_is_forwarded_only_when_its_validator_accepts()
    {
        var (alice, bob, carol) = await LineAsync();
        var verdict = new TaskCompletionSource<GossipVerdict>();
        bob.Judge = m => m.Data.Span.SequenceEqual("waits"u8) ? new ValueTask<GossipVerdict>(verdict.Task) : ValueTask.FromResult(GossipVerdict.Accept);
        alice.Publish("waits");
        Assert.Equal("waits", await bob.NextTextAsync());
        alice.Publish("passes");
        Assert.Equal("passes", await carol.NextTextAsync());
        Assert.True(carol.HasNoMore);
        verdict.SetResult(GossipVerdict.Accept);
        Assert.Equal("waits", await carol.NextTextAsync());
    }

    [Theory]
    [InlineData(GossipVerdict.Reject)]
    [InlineData(GossipVerdict.Ignore)]
    public async Task What_is_not_accepted_goes_no_further(GossipVerdict verdict)
    {
        var (alice, bob, carol) = await LineAsync();
        bob.Judge = m => ValueTask.FromResult(m.Data.Span.SequenceEqual("bad"u8) ? verdict : GossipVerdict.Accept);
        alice.Publish("bad");
        alice.Publish("good");
        Assert.Equal("good", await carol.NextTextAsync());
        Assert.Equal("bad", await bob.NextTextAsync());
        await GossipNode.UntilAsync(() => bob.Gossip.Counters.Rejected + bob.Gossip.Counters.Ignored == 1);
        Assert.Equal(verdict == GossipVerdict.Reject ? 1 : 0, bob.Gossip.Counters.Rejected);
        Assert.Equal(verdict == GossipVerdict.Reject, bob.Publish("bad").IsDuplicate);
    }

    [Fact]
    public async Task A_validator_that_throws_costs_its_message_and_nothing_else()
    {
        var (alice, bob, carol) = await LineAsync();
        bob.Judge = m => m.Data.Span.SequenceEqual("bad"u8) ? throw new InvalidOperationException() : ValueTask.FromResult(GossipVerdict.Accept);
        alice.Publish("bad");
        alice.Publish("good");
        Assert.Equal("good", await carol.NextTextAsync());
        await GossipNode.UntilAsync(() => bob.Gossip.Counters.Ignored == 1);
    }

    [Fact]
    public async Task What_was_published_or_received_before_is_a_duplicate()
    {
        var (alice, bob, _) = await LineAsync();
        Assert.False(alice.Publish("once").IsDuplicate);
        var again = alice.Publish("once");
        Assert.True(again.IsDuplicate);
        Assert.Equal(0, again.PeerCount);
        await bob.NextAsync();
        Assert.True(bob.Publish("once").IsDuplicate);
    }

    [Fact]
    public async Task What_is_known_already_is_not_encoded_again()
    {
        var (alice, _, _) = await LineAsync();
        ReadOnlyMemory<byte>[] known = [new byte[32 * 1024], new byte[32 * 1024]];
        alice.Gossip.Publish("t", known);
        alice.Gossip.Publish("t", known);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var results = alice.Gossip.Publish("t", known);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2048);
        Assert.All(results, result => Assert.True(result.IsDuplicate));
    }

    [Fact]
    public async Task A_batch_is_published_like_its_messages()
    {
        var (alice, bob, _) = await LineAsync();
        var results = alice.Gossip.Publish("t", ["a"u8.ToArray(), "b"u8.ToArray(), "a"u8.ToArray()]);
        Assert.Equal([false, false, true], results.Select(r => r.IsDuplicate));
        Assert.Equal([1, 1, 0], results.Select(r => r.PeerCount));
        Assert.Equal(["a", "b"], new[] { await bob.NextTextAsync(), await bob.NextTextAsync() }.Order());
    }

    [Fact]
    public async Task Who_is_not_subscribed_publishes_all_the_same()
    {
        var (alice, bob) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob"));
        await alice.ConnectAsync(bob);
        bob.Subscribe();
        await GossipNode.UntilAsync(() => alice.Gossip.PeersOf("t").Count == 1);
        Assert.Equal(1, alice.Publish("from outside").PeerCount);
        Assert.Equal("from outside", await bob.NextTextAsync());
        Assert.Empty(alice.Gossip.MeshOf("t"));
        Assert.Equal(0, alice.Publish("nobody", "other").PeerCount);
    }

    [Fact]
    public async Task A_signed_message_names_its_author_wherever_it_arrives()
    {
        var (alice, bob, carol) = await LineAsync(GossipSignaturePolicy.StrictSign);
        var (first, second) = (alice.Publish("same"), alice.Publish("same"));
        Assert.False(second.IsDuplicate);
        Assert.NotEqual(first.MessageId, second.MessageId);
        var messages = new[] { await carol.NextAsync(), await carol.NextAsync() };
        Assert.All(messages, m => Assert.Equal((alice.Peer, bob.Peer), (m.Author, m.ReceivedFrom)));
        Assert.Equal(1UL, messages.Max(m => m.Sequence) - messages.Min(m => m.Sequence));
    }

    [Fact]
    public async Task A_message_of_the_other_policy_is_refused()
    {
        var (alice, bob) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob"));
        await alice.ConnectAsync(bob);
        alice.Subscribe();
        bob.Subscribe(policy: GossipSignaturePolicy.StrictSign);
        await alice.MeshAsync(bob);
        alice.Publish("unsigned");
        bob.Publish("signed");
        await GossipNode.UntilAsync(() => alice.Gossip.Counters.BadSignature == 1 && bob.Gossip.Counters.BadSignature == 1);
        Assert.True(alice.HasNoMore && bob.HasNoMore);
    }

    [Fact]
    public async Task The_feed_tells_what_peers_want_and_then_every_change()
    {
        var (alice, bob) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob"));
        bob.Subscribe("before");
        await alice.ConnectAsync(bob);
        await GossipNode.UntilAsync(() => alice.Gossip.PeersOf("before").Count == 1);
        using var feed = alice.Gossip.WatchSubscriptions();
        await using var changes = feed.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.Equal(new GossipSubscriptionChange(bob.Peer, "before", true), await NextAsync(changes));
        bob.Subscribe("after");
        Assert.Equal(new GossipSubscriptionChange(bob.Peer, "after", true), await NextAsync(changes));
        bob.Gossip.Unsubscribe("before");
        Assert.Equal(new GossipSubscriptionChange(bob.Peer, "before", false), await NextAsync(changes));
        await bob.Host.DisconnectAsync(alice.Peer);
        Assert.Equal(new GossipSubscriptionChange(bob.Peer, "after", false), await NextAsync(changes));
        Assert.Empty(alice.Gossip.PeersOf("after"));
    }

    [Fact]
    public async Task A_peer_that_comes_back_is_in_the_mesh_again()
    {
        var (alice, bob) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob"));
        alice.Subscribe();
        bob.Subscribe();
        await alice.ConnectAsync(bob);
        await alice.MeshAsync(bob);
        await alice.Host.DisconnectAsync(bob.Peer);
        await GossipNode.UntilAsync(() => alice.Gossip.Peers.Count == 0 && bob.Gossip.Peers.Count == 0);
        Assert.Empty(alice.Gossip.MeshOf("t"));
        await bob.ConnectAsync(alice);
        await alice.MeshAsync(bob);
        alice.Publish("again");
        Assert.Equal("again", await bob.NextTextAsync());
    }

    [Fact]
    public async Task A_stream_that_is_reset_is_opened_again()
    {
        var (alice, bob) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob"));
        alice.Subscribe();
        bob.Subscribe();
        await alice.ConnectAsync(bob);
        await alice.MeshAsync(bob);
        bob.Gossip.ResetInbound(alice.Peer);
        await GossipNode.UntilAsync(() => bob.Gossip.PeersOf("t").Count == 0);
        await alice.BeatUntilAsync(() => bob.Gossip.PeersOf("t").Count == 1);
        await bob.MeshAsync(alice);
        alice.Publish("again");
        Assert.Equal("again", await bob.NextTextAsync());
    }

    [Fact]
    public async Task Stopping_says_goodbye_and_leaves_nothing_running()
    {
        var (alice, bob) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob"));
        alice.Subscribe();
        bob.Subscribe();
        await alice.ConnectAsync(bob);
        await alice.MeshAsync(bob);
        using var feed = bob.Gossip.WatchSubscriptions();
        await using var changes = feed.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True((await NextAsync(changes)).IsSubscribed);
        await alice.Gossip.DisposeAsync();
        Assert.Equal(new GossipSubscriptionChange(alice.Peer, "t", false), await NextAsync(changes));
        Assert.Empty(bob.Gossip.MeshOf("t"));
        Assert.Equal(0, alice.Gossip.RunningTasks);
        Assert.DoesNotContain("/meshsub/1.2.0", alice.Host.Protocols);
        Assert.Single(bob.Host.ConnectionsTo(alice.Peer));
        Assert.Throws<ObjectDisposedException>(() => alice.Publish("late"));
    }

    [Fact]
    public async Task Topics_and_messages_have_limits()
    {
        var alice = await _nodes.StartAsync("alice");
        Assert.Throws<ArgumentException>(() => alice.Subscribe(new string('x', Gossipsub.MaxTopicLength + 1)));
        alice.Subscribe(new string('x', Gossipsub.MaxTopicLength));
        alice.Subscribe();
        Assert.Throws<InvalidOperationException>(() => alice.Subscribe());

        // 12 length (3) 12 length (3) data 22 01 t: eleven bytes beside the data.
        var most = new GossipsubLimits().MaxRpcSent - 11;
        Assert.False(alice.Gossip.Publish("t", new byte[most]).IsDuplicate);
        Assert.Throws<ArgumentException>(() => alice.Gossip.Publish("t", new byte[most + 1]));
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        var options = new GossipsubOptions { MeshLow = 7, GossipFactor = 2 };
        options.Limits.MaxSeen = 0;
        Assert.Equal(["MeshLow must be 0 to 6.", "GossipFactor must be 0 to 1.", "Limits.MaxSeen must be at least 1."], options.Validate());
        Assert.Empty(new GossipsubOptions { MeshSize = 0, MeshLow = 0, MeshHigh = 0, MeshOutbound = 0 }.Validate());
    }

    private static async Task<GossipSubscriptionChange> NextAsync(IAsyncEnumerator<GossipSubscriptionChange> changes)
    {
        Assert.True(await changes.MoveNextAsync().AsTask().WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken));
        return changes.Current;
    }

    /// <summary>Three nodes, of which the first and the last know only the one in the middle, all in one mesh.</summary>
    private async Task<(GossipNode Alice, GossipNode Bob, GossipNode Carol)> LineAsync(GossipSignaturePolicy policy = GossipSignaturePolicy.StrictNoSign)
    {
        var (alice, bob, carol) = (await _nodes.StartAsync("alice"), await _nodes.StartAsync("bob"), await _nodes.StartAsync("carol"));
        foreach (var node in _nodes.All)
        {
            node.Subscribe(policy: policy);
        }

        await alice.ConnectAsync(bob);
        await bob.ConnectAsync(carol);
        await alice.MeshAsync(bob);
        await carol.MeshAsync(bob);
        return (alice, bob, carol);
    }
}

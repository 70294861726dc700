using System.Text;
using System.Threading.Channels;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Scoring;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

/// <summary>A host with gossipsub on a clock that stands still until it is moved, and the messages that its validator was given.</summary>
internal sealed class GossipNode(Libp2pHost host, Gossipsub gossip, FakeTimeProvider time) : IAsyncDisposable
{
    public const string Topic = "t";

    private readonly Channel<GossipMessage> _received = Channel.CreateUnbounded<GossipMessage>();

    public Libp2pHost Host => host;

    public Gossipsub Gossip => gossip;

    public PeerId Peer => host.LocalPeer;

    /// <summary>What the validator says; it is asked after the message was noted.</summary>
    public Func<GossipMessage, ValueTask<GossipVerdict>> Judge { get; set; } = _ => ValueTask.FromResult(GossipVerdict.Accept);

    public static async Task<GossipNode> StartAsync(TestNetwork network, string name, Action<GossipsubOptions>? configure = null)
    {
        var options = new GossipsubOptions { FloodPublish = false, IdontwantMinSize = 0 };

        // Tests move the clock on while they wait: that must not look like a peer or a validator that is slow.
        (options.StallTimeout, options.ValidationTimeout, options.Limits.MaxQueuedTime) =
            (TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10), TimeSpan.FromDays(1));
        configure?.Invoke(options);
        var time = new FakeTimeProvider();
        var host = await network.StartAsync(name);
        var gossip = new Gossipsub(host, options, time);
        await gossip.StartAsync(TestContext.Current.CancellationToken);
        return new GossipNode(host, gossip, time);
    }

    public void Subscribe(string topic = Topic, GossipSignaturePolicy policy = GossipSignaturePolicy.StrictNoSign, TopicScoreOptions? score = null) =>
        gossip.Subscribe(topic, new GossipTopicOptions { Policy = policy, Validator = ValidateAsync, Score = score });

    /// <summary>Connects two nodes and waits until each speaks with the other.</summary>
    public async Task ConnectAsync(GossipNode other)
    {
        await host.ConnectAsync(other.Host.Address(), TestContext.Current.CancellationToken);
        await UntilAsync(() => gossip.Peers.Contains(other.Peer) && other.Gossip.Peers.Contains(Peer));
    }

    /// <summary>Lets heartbeats pass until each is in the other's mesh.</summary>
    public Task MeshAsync(GossipNode other, string topic = Topic) => UntilAsync(() =>
    {
        if (gossip.MeshOf(topic).Contains(other.Peer) && other.Gossip.MeshOf(topic).Contains(Peer))
        {
            return true;
        }

        Beat();
        other.Beat();
        return false;
    });

    public GossipPublishResult Publish(string text, string topic = Topic) => gossip.Publish(topic, Encoding.UTF8.GetBytes(text));

    /// <summary>The next message that the validator was given.</summary>
    public async Task<GossipMessage> NextAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TestNetwork.Patience);
        return await _received.Reader.ReadAsync(timeout.Token);
    }

    public async Task<string> NextTextAsync() => Encoding.UTF8.GetString((await NextAsync()).Data.Span);

    /// <summary>Whether the validator was given nothing more.</summary>
    public bool HasNoMore => !_received.Reader.TryPeek(out _);

    public void Beat() => time.Advance(TimeSpan.FromSeconds(1));

    public Task BeatUntilAsync(Func<bool> condition) => UntilAsync(() =>
    {
        if (condition())
        {
            return true;
        }

        Beat();
        return false;
    });

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TestNetwork.Patience);
        while (!condition())
        {
            await Task.Yield();
            timeout.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Stops; whoever does not let it stop in time is not waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        var stopping = gossip.DisposeAsync().AsTask();
        while (!stopping.IsCompleted)
        {
            Beat();
            await Task.Yield();
        }

        await stopping;
    }

    private ValueTask<GossipVerdict> ValidateAsync(GossipMessage message, CancellationToken cancellationToken)
    {
        _received.Writer.TryWrite(message);
        return Judge(message);
    }
}

using System.Collections.Concurrent;
using System.Text;
using DChat.Interop.Tests.Js;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Interop.Tests.Gossip;

/// <summary>One of our hosts with gossipsub. Texts are Latin-1, as on the other side.</summary>
internal sealed class GossipHost : IAsyncDisposable
{
    public const string Topic = "/dchat-test/topic";

    /// <summary>Each invalid message costs ten, by the square of their number; all that an honest peer does costs and gains nothing.</summary>
    public static readonly TopicScoreOptions InvalidCounts = new()
    {
        Weight = 1,
        TimeInMeshWeight = 0,
        FirstDeliveriesWeight = 0,
        InvalidMessagesWeight = -10,
    };

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<GossipMessage> _received = [];

    private GossipHost(Libp2pHost host, Gossipsub gossip)
    {
        Host = host;
        Gossip = gossip;
    }

    public Libp2pHost Host { get; }

    public Gossipsub Gossip { get; }

    public PeerId Id => Host.LocalPeer;

    public Multiaddr Address => Host.ListenAddresses[0].WithPeer(Id);

    /// <summary>The texts that the validator was given.</summary>
    public IReadOnlyList<string> Texts => [.. _received.Select(m => Encoding.Latin1.GetString(m.Data.Span))];

    public IReadOnlyList<GossipMessage> Messages => [.. _received];

    public static async Task<GossipHost> StartAsync(Action<GossipsubOptions>? configure = null, Action<Libp2pOptions>? configureHost = null)
    {
        var options = new GossipsubOptions { FloodPublish = false };

        // Scores are compared exactly, so nothing decays meanwhile.
        options.Score.DecayInterval = TimeSpan.FromHours(1);
        configure?.Invoke(options);
        var host = await Pair.StartHostAsync(configureHost);
        var gossip = new Gossipsub(host, options);
        await gossip.StartAsync(TestContext.Current.CancellationToken);
        return new GossipHost(host, gossip);
    }

    /// <summary>
    /// Subscribes; texts that begin with <c>reject</c> are rejected, those with <c>ignore</c> ignored, others accepted, those with
    /// <c>hold</c> only then.
    /// </summary>
    public void Subscribe(
        GossipSignaturePolicy policy = GossipSignaturePolicy.StrictNoSign, Task? hold = null, string topic = Topic) => Gossip.Subscribe(topic, new GossipTopicOptions
        {
            Policy = policy,
            Score = InvalidCounts,
            Validator = async (message, cancellationToken) =>
            {
                _received.Enqueue(message);
                if (hold is not null && message.Data.Span.StartsWith("hold"u8))
                {
                    await hold.WaitAsync(cancellationToken);
                }

                return message.Data.Span.StartsWith("reject"u8) ? GossipVerdict.Reject
                    : message.Data.Span.StartsWith("ignore"u8) ? GossipVerdict.Ignore
                    : GossipVerdict.Accept;
            },
        });

    public GossipPublishResult Publish(string text) => Gossip.Publish(Topic, Encoding.Latin1.GetBytes(text));

    public Task ConnectAsync(JsPeer js) => Host.ConnectAsync(js.Addresses[0], TestContext.Current.CancellationToken);

    public Task ConnectAsync(GossipHost other) => Host.ConnectAsync(other.Address, TestContext.Current.CancellationToken);

    /// <summary>Waits for what the other process or a heartbeat brings about.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> state)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(JsProcess.Patience);
        while (!await condition())
        {
            try
            {
                await Task.Delay(Look, patience.Token);
            }
            catch (OperationCanceledException e) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException(state(), e);
            }
        }
    }

    public Task UntilAsync(Func<GossipHost, bool> condition, string what) => UntilAsync(
        () => Task.FromResult(condition(this)), () => $"Not in time: {what}. Received: {string.Join(", ", Texts)}");

    public async ValueTask DisposeAsync()
    {
        await Gossip.DisposeAsync();
        await Host.DisposeAsync();
    }
}

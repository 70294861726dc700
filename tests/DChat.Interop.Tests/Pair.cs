using DChat.Interop.Tests.Js;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;

namespace DChat.Interop.Tests;

/// <summary>One of our hosts and one js-libp2p peer on the loopback address. Disposing it ends both.</summary>
internal sealed class Pair : IAsyncDisposable
{
    /// <summary>Room for hundreds of streams of one protocol.</summary>
    public static readonly ProtocolLimits ManyStreams = new(MaxInbound: 1000, MaxOutbound: 1000);

    private readonly PeerEventSubscription _events;
    private readonly List<PeerEvent> _seen = [];
    private readonly Refusals _refusals;

    private Pair(Libp2pHost host, JsPeer js, PeerEventSubscription events, Refusals refusals)
    {
        _refusals = refusals;
        Host = host;
        Js = js;
        _events = events;
    }

    public Libp2pHost Host { get; }

    public JsPeer Js { get; private set; }

    /// <summary>Where our host listens, with its id.</summary>
    public Multiaddr Address => Host.ListenAddresses[0].WithPeer(Host.LocalPeer);

    /// <summary>The connection, once <see cref="ConnectAsync"/> has made it.</summary>
    public PeerConnection Connection => Assert.Single(Host.ConnectionsTo(Js.Id));

    /// <summary>Starts both; our host serves <see cref="JsPeer.EchoProtocol"/> as the other does.</summary>
    public static async Task<Pair> StartAsync(JsPeerSettings? settings = null, Action<Libp2pOptions>? configure = null)
    {
        var js = await JsPeer.StartAsync(settings);
        var refusals = new Refusals();
        var host = await StartHostAsync(configure, refusals);
        return new Pair(host, js, host.Subscribe(), refusals);
    }

    /// <summary>Starts both, lets one dial the other, and waits until each has identified the other.</summary>
    public static async Task<Pair> ConnectAsync(Side dialer, JsPeerSettings? settings = null, Action<Libp2pOptions>? configure = null)
    {
        var pair = await StartAsync(settings, configure);
        try
        {
            await pair.DialAsync(dialer);
            await pair.EventAsync<PeerEvent.Identified>();
            await pair.Js.EventAsync("identified", e => (string?)e["peer"] == pair.Host.LocalPeer.ToString());
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>A host of ours that listens on the loopback address and serves the echo protocol.</summary>
    public static async Task<Libp2pHost> StartHostAsync(Action<Libp2pOptions>? configure = null, Refusals? refusals = null)
    {
        var options = new Libp2pOptions();
        options.ListenAddresses.Add(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"));
        configure?.Invoke(options);
        var host = new Libp2pHost(options, meters: refusals);
        host.SetStreamHandler(JsPeer.EchoProtocol, (stream, token) => stream.Input.CopyToAsync(stream.Output, token), ManyStreams);
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public async Task DialAsync(Side dialer)
    {
        if (dialer == Side.CSharp)
        {
            await Host.ConnectAsync(Js.Addresses[0], TestContext.Current.CancellationToken);
        }
        else
        {
            await Js.DialAsync(Address);
        }

        await EventAsync<PeerEvent.ConnectionOpened>();
    }

    /// <summary>Opens a stream from our side.</summary>
    public Task<Libp2pStream> OpenAsync(params string[] protocols) => Host.NewStreamAsync(Connection, protocols, TestContext.Current.CancellationToken);

    /// <summary>Exchanges bytes with the other side's echo, on one stream that <paramref name="opener"/> opens.</summary>
    public async Task<Exchange> ExchangeAsync(Side opener, long bytes)
    {
        if (opener == Side.Js)
        {
            return Assert.Single(await Js.ExchangeAsync(Host.LocalPeer, bytes));
        }

        await using var stream = await OpenAsync(JsPeer.EchoProtocol);
        return await Exchange.RunAsync(stream, bytes, TestContext.Current.CancellationToken);
    }

    /// <summary>The next event of a kind; others are passed over.</summary>
    public async Task<T> EventAsync<T>(Func<T, bool>? match = null)
        where T : PeerEvent
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(JsProcess.Patience);
        try
        {
            await foreach (var occurred in _events.WithCancellation(patience.Token))
            {
                _seen.Add(occurred);
                if (occurred is T wanted && match?.Invoke(wanted) is not false)
                {
                    return wanted;
                }
            }
        }
        catch (OperationCanceledException e) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No {typeof(T).Name} within {JsProcess.Patience}; seen: {string.Join(", ", _seen)}", e);
        }

        throw new InvalidOperationException($"The events ended without {typeof(T).Name}; seen: {string.Join(", ", _seen)}");
    }

    /// <summary>Why our host refused the next connection that it refused.</summary>
    public Task<string> RefusalAsync() => _refusals.NextAsync();

    /// <summary>Puts another peer in the place of the one that was.</summary>
    public async Task ReplaceJsAsync(JsPeerSettings settings)
    {
        await Js.DisposeAsync();
        Js = await JsPeer.StartAsync(settings);
    }

    public async ValueTask DisposeAsync()
    {
        _events.Dispose();
        await Host.DisposeAsync();
        await Js.DisposeAsync();
        _refusals.Dispose();
    }
}

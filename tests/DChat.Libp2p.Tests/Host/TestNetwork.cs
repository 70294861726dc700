using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Transports.Memory;
using DChat.Libp2p.Yamux;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Host;

/// <summary>Hosts in one process, without sockets. Disposing it disposes them.</summary>
internal sealed class TestNetwork(MemoryTransport? transport = null) : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly MemoryTransport _transport = transport ?? new();
    private readonly List<Libp2pHost> _hosts = [];

    public MemoryTransport Transport => _transport;

    public SimulatedInternet Internet { get; } = new();

    public async Task<Libp2pHost> StartAsync(string name, Action<Libp2pOptions>? configure = null, TimeProvider? time = null, Meters? meters = null)
    {
        var options = new Libp2pOptions();
        options.Transports.Clear();
        options.Transports.Add(_transport);
        options.ListenAddresses.Add(Multiaddr.Parse($"/memory/{name}"));
        configure?.Invoke(options);
        var host = new Libp2pHost(options, time, meters: meters);
        _hosts.Add(host);
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    /// <summary>A host at port 4001 of an IP address of <see cref="Internet"/>.</summary>
    public Task<Libp2pHost> StartAtAsync(string ip, Action<Libp2pOptions>? configure = null, TimeProvider? time = null, Meters? meters = null)
    {
        return StartAsync(ip, Configure, time, meters);

        void Configure(Libp2pOptions options)
        {
            options.Transports.Clear();
            options.Transports.Add(Internet.At(ip));
            options.ListenAddresses.Clear();
            options.ListenAddresses.Add(Multiaddr.Parse($"/{(ip.Contains(':', StringComparison.Ordinal) ? "ip6" : "ip4")}/{ip}/tcp/4001"));
            configure?.Invoke(options);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
    }
}

/// <summary>Shorthand for tests.</summary>
internal static class TestHosts
{
    public static Multiaddr Address(this Libp2pHost host) => host.ListenAddresses[0].WithPeer(host.LocalPeer);

    /// <summary>Tells a peer on every connection with it, as at a restart, that no more streams are wanted; those that are open go on.</summary>
    public static void SayGoodbye(this Libp2pHost host, Libp2pHost to)
    {
        foreach (var connection in host.ConnectionsTo(to.LocalPeer))
        {
            ((YamuxSession)connection.Muxed).Output.WriteControl(new YamuxHeader(YamuxType.GoAway, YamuxFlags.None, 0, (uint)YamuxGoAway.Normal));
        }
    }

    /// <summary>Waits for something that other tasks bring about.</summary>
    public static async Task UntilAsync(Func<bool> reached)
    {
        while (!reached())
        {
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Moves time by steps until something has come about; between them other tasks have their turns and set their timers.</summary>
    public static async Task StepUntilAsync(FakeTimeProvider time, TimeSpan step, Func<bool> reached)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TestNetwork.Patience);
        while (!reached())
        {
            time.Advance(step);
            for (var i = 0; i < 1000 && !reached(); i++)
            {
                await Task.Yield();
            }

            timeout.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Tells <paramref name="host"/> where <paramref name="other"/> listens.</summary>
    public static void Introduce(this Libp2pHost host, Libp2pHost other) => host.Peers.Vouch(other.LocalPeer, other.ListenAddresses);

    /// <summary>The next event of a kind; others are passed over.</summary>
    public static async Task<T> NextAsync<T>(this PeerEventSubscription events, Func<T, bool>? match = null)
        where T : PeerEvent
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TestNetwork.Patience);
        await foreach (var occurred in events.WithCancellation(timeout.Token))
        {
            if (occurred is T wanted && match?.Invoke(wanted) is not false)
            {
                return wanted;
            }
        }

        throw new InvalidOperationException($"The events ended without {typeof(T).Name}.");
    }

    /// <summary>Connects and waits until each has identified the other.</summary>
    public static async Task ConnectAndIdentifyAsync(this Libp2pHost host, Libp2pHost other)
    {
        using var ours = host.Subscribe();
        using var theirs = other.Subscribe();
        await host.ConnectAsync(other.Address(), TestContext.Current.CancellationToken);
        await ours.NextAsync<PeerEvent.Identified>(e => e.Info.Peer.Equals(other.LocalPeer));
        await theirs.NextAsync<PeerEvent.Identified>(e => e.Info.Peer.Equals(host.LocalPeer));
    }

    public static Task EchoAsync(Libp2pStream stream, CancellationToken cancellationToken) => stream.Input.CopyToAsync(stream.Output, cancellationToken);

    public static PeerId SomePeer() => PrivateKey.Generate().Peer;
}

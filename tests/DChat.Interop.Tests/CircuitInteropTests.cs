using DChat.Interop.Tests.Js;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Ping;

namespace DChat.Interop.Tests;

/// <summary>Our circuit relay v2 and <c>@libp2p/circuit-relay-v2</c>: a relay, a target that listens through it, and who dials it.</summary>
public sealed class CircuitInteropTests
{
    private const int Bytes = 20_000;

    [Theory]
    [InlineData(Side.Js, Side.CSharp, Side.CSharp)]
    [InlineData(Side.Js, Side.CSharp, Side.Js)]
    [InlineData(Side.Js, Side.Js, Side.CSharp)]
    [InlineData(Side.CSharp, Side.Js, Side.CSharp)]
    [InlineData(Side.CSharp, Side.CSharp, Side.Js)]
    [InlineData(Side.CSharp, Side.Js, Side.Js)]
    public async Task A_peer_is_reached_through_a_relay(Side relaySide, Side targetSide, Side dialerSide)
    {
        await using var relay = await Node.StartAsync(relaySide, isRelay: true, through: null);
        using var service = relay.Host is { } host ? new CircuitRelayService(host) : null;
        var circuit = Multiaddr.Parse($"{relay.Address}/p2p-circuit");
        await using var target = await Node.StartAsync(targetSide, isRelay: false, circuit);
        await using var dialer = await Node.StartAsync(dialerSide, isRelay: false, through: null);

        await dialer.ReachAsync(circuit.WithPeer(target.Id));
        (await dialer.ExchangeAsync(target.Id, Bytes)).AssertComplete(Bytes);

        // A dialer is ready a moment before the target has added the connection; a stream has come by it now.
        Assert.All(new[] { target, dialer }, node => node.AssertIsLimited(node == target ? dialer.Id : target.Id));
        Assert.True(service is null or { ReservationCount: 1, CircuitCount: 1 });
    }

    /// <summary>A host of ours or a js peer.</summary>
    private sealed record Node(Libp2pHost? Host, JsPeer? Js) : IAsyncDisposable
    {
        public PeerId Id => Host?.LocalPeer ?? Js!.Id;

        /// <summary>Where it listens itself.</summary>
        public Multiaddr Address => Host is null ? Js!.Addresses.First(a => !a.IsRelayed) : Host.ListenAddresses[0].WithPeer(Host.LocalPeer);

        public static async Task<Node> StartAsync(Side side, bool isRelay, Multiaddr? through)
        {
            if (side == Side.Js)
            {
                string[] listen = through is null ? ["/ip4/127.0.0.1/tcp/0"] : [through.ToString()];
                return new Node(null, await JsPeer.StartAsync(new JsPeerSettings { Relay = isRelay ? "server" : "client", Listen = listen }));
            }

            var host = await Pair.StartHostAsync(o =>
            {
                if (through is not null)
                {
                    o.ListenAddresses.Add(through);
                }
            });
            host.SetStreamHandler(JsPeer.EchoProtocol, (stream, token) => stream.Input.CopyToAsync(stream.Output, token), Pair.ManyStreams with { OnLimited = true });
            return new Node(host, null);
        }

        public async Task ReachAsync(Multiaddr address)
        {
            if (Js is not null)
            {
                // Its ping would look for a direct connection.
                await Js.DialAsync(address);
                return;
            }

            await Host!.ConnectAsync(address, TestContext.Current.CancellationToken);
            Assert.True(await Host.PingAsync(address.Peer!, TestContext.Current.CancellationToken) > TimeSpan.Zero);
        }

        public void AssertIsLimited(PeerId peer)
        {
            if (Host is not null)
            {
                var connection = Assert.Single(Host.ConnectionsTo(peer));
                Assert.Equal((true, true), (connection.IsLimited, connection.RemoteAddress.IsRelayed));
            }
        }

        public async Task<Exchange> ExchangeAsync(PeerId peer, long bytes)
        {
            if (Js is not null)
            {
                return Assert.Single(await Js.ExchangeAsync(peer, bytes));
            }

            await using var stream = await Host!.NewStreamAsync(peer, [JsPeer.EchoProtocol], TestContext.Current.CancellationToken);
            return await Exchange.RunAsync(stream, bytes, TestContext.Current.CancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await (Host?.DisposeAsync() ?? default);
            await (Js?.DisposeAsync() ?? default);
        }
    }
}

using System.IO.Pipelines;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Noise;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Swarm;

/// <summary>A connection within a stream of another, as through a relay.</summary>
public sealed class TunnelTests
{
    private const string Tunnel = "/tunnel/1";

    [Fact]
    public async Task A_stream_of_one_connection_carries_another_with_streams_of_its_own()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        using PrivateKey dialerKey = PrivateKey.Generate(), listenerKey = PrivateKey.Generate();
        var far = new TaskCompletionSource<PeerConnection>();
        bob.SetStreamHandler(Tunnel, async (stream, token) =>
        {
            var inbound = await UpgradeAsync(listenerKey, stream, Direction.Inbound);
            far.SetResult(inbound);
            await inbound.Closed.WaitAsync(token);
        });
        alice.Introduce(bob);
        var outer = await alice.NewStreamAsync(bob.LocalPeer, [Tunnel], TestContext.Current.CancellationToken);
        var near = await UpgradeAsync(dialerKey, outer, Direction.Outbound);
        Assert.Equal(listenerKey.Peer, near.RemotePeer);
        Assert.Equal(dialerKey.Peer, (await far.Task).RemotePeer);

        var data = Pipes.Pattern(2 * YamuxOptions.InitialWindow);
        var echo = EchoAsync(await far.Task);
        var inner = await near.Muxed.OpenStreamAsync(TestContext.Current.CancellationToken);
        var write = SendAsync(inner, data);
        Assert.Equal(data, await inner.Input.ReadToEndAsync());
        await Task.WhenAll(write, echo).WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);

        // The outer connection lives on.
        await near.CloseAsync().WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(CloseReason.Remote, await (await far.Task).Closed.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken));
        await outer.Completion.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        Assert.True(alice.Connections[0].IsUsable);
    }

    private static async Task<PeerConnection> UpgradeAsync(PrivateKey identity, Libp2pStream stream, Direction direction)
    {
        var upgrader = new Upgrader(new NoiseSecurity(identity, Upgrader.Muxers), new ConnectionLimits(), new YamuxOptions(), TimeProvider.System);
        var connection = await upgrader.UpgradeAsync(new Tunneled(stream), direction, null, TestContext.Current.CancellationToken);
        connection.Muxed.Start();
        return connection;
    }

    private static async Task SendAsync(IMuxedStream stream, byte[] data)
    {
        await stream.Output.WriteAsync(data, TestContext.Current.CancellationToken);
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
    }

    private static async Task EchoAsync(PeerConnection connection)
    {
        var stream = await connection.Muxed.AcceptStreamAsync(TestContext.Current.CancellationToken);
        await stream!.Input.CopyToAsync(stream.Output, TestContext.Current.CancellationToken);
        await stream.CloseAsync();
    }

    private sealed class Tunneled(Libp2pStream stream) : ITransportConnection
    {
        public Multiaddr LocalAddress { get; } = Multiaddr.Parse("/memory/near");

        public Multiaddr RemoteAddress { get; } = Multiaddr.Parse("/memory/far");

        public PipeReader Input => stream.Input;

        public PipeWriter Output => stream.Output;

        public async ValueTask DisposeAsync()
        {
            await stream.CloseWriteAsync();
            stream.Reset();
        }
    }
}

using DChat.Libp2p.Swarm;
using DChat.Libp2p.Yamux;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Host;

/// <summary>How long opening a stream may take, and what an open one can be used as.</summary>
public sealed class OpenStreamTests
{
    private const string Echo = "/echo/1.0.0";

    [Fact]
    public async Task A_stream_is_also_a_stream_of_the_base_library()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync);
        alice.Introduce(bob);
        var opened = await alice.NewStreamAsync(bob.LocalPeer, [Echo], TestContext.Current.CancellationToken);
        await using (var stream = opened.AsStream())
        {
            await stream.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
            var answer = new byte[5];
            await stream.ReadExactlyAsync(answer, TestContext.Current.CancellationToken);
            Assert.Equal("hello"u8.ToArray(), answer);
        }

        await opened.Completion.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Opening_a_stream_ends_after_its_time_even_where_nothing_else_does()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice", o => o.Yamux.AcceptBacklog = 1, time);
        var bob = await network.StartAsync("bob");
        await alice.ConnectAndIdentifyAsync(bob);
        var connection = alice.Connections[0];

        // Whoever waits for a place among the streams that the peer has yet to accept waits for the peer.
        await TestHosts.UntilAsync(() => connection.StreamCount == 0);
        var muxed = (YamuxSession)connection.Muxed;
        ((YamuxSession)bob.Connections[0].Muxed).Output.Stop(new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "Struck dumb."));
        await muxed.OpenStreamAsync(TestContext.Current.CancellationToken);
        var open = alice.NewStreamAsync(connection, ["/any/1"], TestContext.Current.CancellationToken);
        time.Advance(new ConnectionLimits().NewStreamTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(open.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => open);
        Assert.Equal((Libp2pErrorCodes.TimedOut, true), (fault.Code, fault.IsTransient));
    }
}

using DChat.Libp2p.Protocols.Perf;
using DChat.Libp2p.Protocols.Ping;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols;

public sealed class PingTests
{
    [Fact]
    public async Task A_ping_goes_there_and_back_and_its_stream_ends()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        await alice.ConnectAndIdentifyAsync(bob);
        for (var i = 0; i < 10; i++)
        {
            Assert.True(await alice.PingAsync(bob.LocalPeer, TestContext.Current.CancellationToken) > TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task The_responder_echoes_until_the_end_and_then_ends_too()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        alice.Introduce(bob);
        await using var stream = await alice.NewStreamAsync(bob.LocalPeer, [PingProtocol.Id], TestContext.Current.CancellationToken);
        var pings = Pipes.Pattern(3 * PingProtocol.Length);
        await stream.Output.WriteAsync(pings.AsMemory(0, 40), TestContext.Current.CancellationToken);
        await stream.Output.WriteAsync(pings.AsMemory(40), TestContext.Current.CancellationToken);
        Assert.Equal(pings, await stream.Input.ReadExactlyAsync(pings.Length));
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await stream.Input.ReadToEndAsync());
        await stream.Completion.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_peer_that_answers_with_other_bytes_is_found_out()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler(PingProtocol.Id, async (stream, token) => await stream.Output.WriteAsync(new byte[PingProtocol.Length], token));
        alice.Introduce(bob);
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => alice.PingAsync(bob.LocalPeer, TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.ProtocolViolation, fault.Code);
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_is_given_up_in_time()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice", time: time), await network.StartAsync("bob"));
        var asked = new TaskCompletionSource();
        bob.SetStreamHandler(PingProtocol.Id, async (stream, token) =>
        {
            await stream.Input.ReadExactlyAsync(PingProtocol.Length);
            asked.SetResult();
            await stream.Completion.WaitAsync(token);
        });
        alice.Introduce(bob);
        var ping = alice.PingAsync(bob.LocalPeer, TestContext.Current.CancellationToken);
        await asked.Task;
        time.Advance(PingProtocol.Timeout);
        Assert.Equal(Libp2pErrorCodes.TimedOut, (await Assert.ThrowsAsync<Libp2pException>(() => ping)).Code);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1_000_000, 0)]
    [InlineData(0, 1_000_000)]
    [InlineData(500_000, 700_000)]
    public async Task Perf_moves_what_was_asked_for(long upload, long download)
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob", o => o.ServePerf = true));
        alice.Introduce(bob);
        Assert.True(await alice.PerfAsync(bob.LocalPeer, upload, download, TestContext.Current.CancellationToken) > TimeSpan.Zero);
    }

    [Fact]
    public async Task Perf_is_not_served_unless_asked_for()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        alice.Introduce(bob);
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => alice.PerfAsync(bob.LocalPeer, 1, 1, TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.NotSupported, fault.Code);
    }
}

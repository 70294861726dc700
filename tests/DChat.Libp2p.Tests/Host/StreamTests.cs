using System.Buffers;
using System.Text;
using DChat.Libp2p.Host;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Host;

public sealed class StreamTests
{
    private const string Echo = "/echo/1.0.0";

    [Fact]
    public async Task A_stream_reaches_the_handler_of_its_protocol()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        var seen = new TaskCompletionSource<Libp2pStream>();
        bob.SetStreamHandler(Echo, (stream, token) =>
        {
            seen.TrySetResult(stream);
            return TestHosts.EchoAsync(stream, token);
        });
        alice.Introduce(bob);

        await using var stream = await alice.NewStreamAsync(bob.LocalPeer, [Echo], TestContext.Current.CancellationToken);
        await stream.Output.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);

        Assert.Equal("hello", await stream.Input.ReadTextToEndAsync());
        Assert.Equal((Echo, bob.LocalPeer, Direction.Outbound), (stream.Protocol, stream.RemotePeer, stream.Direction));
        var theirs = await seen.Task;
        Assert.Equal((Echo, alice.LocalPeer, Direction.Inbound), (theirs.Protocol, theirs.RemotePeer, theirs.Direction));
    }

    [Fact]
    public async Task The_first_protocol_the_peer_takes_is_chosen()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync);
        var connection = await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);

        await using var stream = await alice.NewStreamAsync(connection, ["/newer/2", Echo], TestContext.Current.CancellationToken);
        Assert.Equal(Echo, stream.Protocol);
    }

    [Fact]
    public async Task A_protocol_the_peer_never_said_it_speaks_is_refused_when_the_stream_is_opened()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        await alice.ConnectAndIdentifyAsync(bob);

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => alice.NewStreamAsync(bob.LocalPeer, ["/none/1"], TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.NotSupported, fault.Code);
    }

    [Fact]
    public async Task A_protocol_the_peer_said_it_speaks_is_written_before_it_answers()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync);
        await alice.ConnectAndIdentifyAsync(bob);

        await using var stream = await alice.NewStreamAsync(bob.LocalPeer, [Echo], TestContext.Current.CancellationToken);
        Assert.IsType<LazyNegotiationReader>(stream.Input);
        await stream.Output.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        Assert.Equal("hello", await stream.Input.ReadTextToEndAsync());
    }

    [Fact]
    public async Task A_protocol_the_peer_has_stopped_speaking_fails_the_read_with_its_name()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync);
        await alice.ConnectAndIdentifyAsync(bob);
        alice.Store.Update(bob.LocalPeer, info => info with { Protocols = new HashSet<string> { "/gone/1" } });

        await using var stream = await alice.NewStreamAsync(bob.LocalPeer, ["/gone/1"], TestContext.Current.CancellationToken);
        var fault = await Assert.ThrowsAsync<Libp2pException>(async () => await stream.Input.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.NotSupported, fault.Code);
        fault = await Assert.ThrowsAsync<Libp2pException>(async () => await stream.Output.WriteAsync(new byte[1], TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.NotSupported, fault.Code);
    }

    [Fact]
    public async Task A_listener_may_have_the_first_word_on_a_lazily_opened_stream()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler("/greet/1", async (stream, token) => await stream.Output.WriteAsync("welcome"u8.ToArray(), token));
        await alice.ConnectAndIdentifyAsync(bob);

        await using var stream = await alice.NewStreamAsync(bob.LocalPeer, ["/greet/1"], TestContext.Current.CancellationToken);
        Assert.Equal("welcome", await stream.Input.ReadTextToEndAsync());
    }

    [Fact]
    public async Task A_lazily_opened_stream_may_be_dropped_before_the_answer()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync);
        await alice.ConnectAndIdentifyAsync(bob);
        for (var i = 0; i < 200; i++)
        {
            var stream = await alice.NewStreamAsync(bob.LocalPeer, [Echo], TestContext.Current.CancellationToken);
            await stream.DisposeAsync();
            await stream.Completion.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_pending_read_is_cancelled_before_and_after_the_answer()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync);
        await alice.ConnectAndIdentifyAsync(bob);
        await using var stream = await alice.NewStreamAsync(bob.LocalPeer, [Echo], TestContext.Current.CancellationToken);

        for (var i = 0; i < 2; i++)
        {
            var read = stream.Input.ReadAsync(TestContext.Current.CancellationToken).AsTask();
            stream.Input.CancelPendingRead();
            var result = await read;
            Assert.True(result.IsCanceled);
            stream.Input.AdvanceTo(result.Buffer.Start);
        }

        await stream.Output.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("x"u8.ToArray(), await stream.Input.ReadExactlyAsync(1));
    }

    [Fact]
    public async Task A_handler_that_throws_resets_its_stream_and_nothing_else()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler("/bad/1", (_, _) => throw new InvalidOperationException("A bug."));
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync);
        var connection = await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);

        var fault = await Assert.ThrowsAsync<Libp2pException>(async () =>
        {
            // The reset may overtake the answer to the proposal.
            await using var bad = await alice.NewStreamAsync(connection, ["/bad/1"], TestContext.Current.CancellationToken);
            await bad.Input.ReadAsync(TestContext.Current.CancellationToken);
        });
        Assert.Equal(Libp2pErrorCodes.StreamReset, fault.Code);
        await using var good = await alice.NewStreamAsync(connection, [Echo], TestContext.Current.CancellationToken);
        await good.CloseWriteAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", await good.Input.ReadTextToEndAsync());
    }

    [Fact]
    public async Task What_a_handler_wrote_is_sent_when_it_returns()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler("/unflushed/1", (stream, _) =>
        {
            stream.Output.Write(Encoding.ASCII.GetBytes("unflushed"));
            return Task.CompletedTask;
        });
        await using var stream = await alice.NewStreamAsync(
            await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken), ["/unflushed/1"], TestContext.Current.CancellationToken);
        Assert.Equal("unflushed", await stream.Input.ReadTextToEndAsync());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(70)]
    public async Task The_limit_of_a_protocol_one_only_asks_for_is_an_option(int limit)
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice", o => o.OutboundStreams[Echo] = limit);
        var bob = await network.StartAsync("bob");
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync, new ProtocolLimits(MaxInbound: 100));
        var connection = await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
        for (var i = 0; i < limit; i++)
        {
            await alice.NewStreamAsync(connection, [Echo], TestContext.Current.CancellationToken);
        }

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => alice.NewStreamAsync(connection, [Echo], TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.LimitReached, fault.Code);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public async Task An_outbound_limit_is_at_least_one(int limit, bool allowed)
    {
        var options = new Libp2pOptions();
        options.OutboundStreams[Echo] = limit;
        if (allowed)
        {
            await new Libp2pHost(options).DisposeAsync();
        }
        else
        {
            Assert.Contains(nameof(Libp2pOptions.OutboundStreams), Assert.Throws<ArgumentException>(() => new Libp2pHost(options)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_message_longer_than_the_window_arrives_whole()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        var seen = new TaskCompletionSource<byte[]?>();
        bob.SetStreamHandler("/long/1", async (stream, token) => seen.TrySetResult(await LengthPrefixed.ReadAsync(stream.Input, 4 * YamuxOptions.InitialWindow, token)));
        var message = Pipes.Pattern(4 * YamuxOptions.InitialWindow);
        await using var stream = await alice.NewStreamAsync(
            await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken), ["/long/1"], TestContext.Current.CancellationToken);
        LengthPrefixed.Write(stream.Output, message);
        using var patience = new CancellationTokenSource(TestNetwork.Patience);
        await stream.CloseWriteAsync(patience.Token);
        Assert.Equal(message, await seen.Task);
    }

    [Fact]
    public async Task Streams_of_a_protocol_are_limited_on_both_sides()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync, new ProtocolLimits(MaxInbound: 2));
        alice.SetStreamHandler("/mine/1", TestHosts.EchoAsync, new ProtocolLimits(MaxOutbound: 1));
        bob.SetStreamHandler("/mine/1", TestHosts.EchoAsync);
        var connection = await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);

        var streams = new List<Libp2pStream>();
        for (var i = 0; i < 2; i++)
        {
            var stream = await alice.NewStreamAsync(connection, [Echo], TestContext.Current.CancellationToken);
            await stream.Output.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
            Assert.Equal("x"u8.ToArray(), await stream.Input.ReadExactlyAsync(1));
            streams.Add(stream);
        }

        var fault = await Assert.ThrowsAsync<Libp2pException>(async () =>
        {
            // The reset may overtake the answer to the proposal.
            await using var third = await alice.NewStreamAsync(connection, [Echo], TestContext.Current.CancellationToken);
            await third.Input.ReadAsync(TestContext.Current.CancellationToken);
        });
        Assert.Equal((Libp2pErrorCodes.LimitReached, true), (fault.Code, fault.IsTransient));

        await using var only = await alice.NewStreamAsync(connection, ["/mine/1"], TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<Libp2pException>(() => alice.NewStreamAsync(connection, ["/mine/1"], TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.LimitReached, refused.Code);
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }
    }
}

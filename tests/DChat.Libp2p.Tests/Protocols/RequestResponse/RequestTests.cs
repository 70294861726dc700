using DChat.Libp2p.Protocols.RequestResponse;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.RequestResponse;

public sealed class RequestTests : RequestPair
{
    private static readonly RequestProtocol<string, string> Text = new(Id, MessageCodecs.Text, MessageCodecs.Text);

    [Fact]
    public async Task A_request_is_answered_and_its_stream_ends()
    {
        var greet = new RequestProtocol<Greeting, string>(Id, MessageCodecs.Json(GreetingJson.Default.Greeting), MessageCodecs.Text);
        RequestContext? context = null;
        Bob.SetRequestHandler(greet, (request, from, _) =>
        {
            context = from;
            return ValueTask.FromResult(string.Concat(Enumerable.Repeat(request.Text, request.Count)));
        });

        Assert.Equal("hihi", await Alice.RequestAsync(Bob.LocalPeer, greet, new Greeting("hi", 2), Cancel));
        var connection = Assert.Single(Alice.Connections);
        Assert.Equal("hi", await Alice.RequestAsync(connection, greet, new Greeting("hi", 1), Cancel));
        Assert.Equal(Alice.LocalPeer, context?.Peer);
        Assert.Equal(Assert.Single(Bob.Connections).RemoteAddress, context?.Address);
        await TestHosts.UntilAsync(() => connection.StreamCount == 0);
    }

    [Fact]
    public async Task On_the_wire_are_a_length_and_a_payload_each_way()
    {
        Bob.SetRequestHandler(Text, (request, _, _) => ValueTask.FromResult(request + "!"));
        await using var stream = await Alice.NewStreamAsync(Bob.LocalPeer, [Id], Cancel);
        await stream.Output.WriteAsync("\u0002hi"u8.ToArray(), Cancel);
        await stream.CloseWriteAsync(Cancel);

        Assert.Equal("\u0003hi!", await stream.Input.ReadTextToEndAsync());
    }

    [Fact]
    public async Task An_empty_request_is_one()
    {
        Bob.SetRequestHandler(Text, (request, _, _) => ValueTask.FromResult(request));

        Assert.Equal("", await Alice.RequestAsync(Bob.LocalPeer, Text, "", Cancel));
    }

    [Fact]
    public async Task A_peer_that_ends_without_a_request_gets_no_response()
    {
        var calls = 0;
        Bob.SetRequestHandler(Text, (request, _, _) => ValueTask.FromResult($"{request}{++calls}"));
        await using var stream = await Alice.NewStreamAsync(Bob.LocalPeer, [Id], Cancel);
        await stream.CloseWriteAsync(Cancel);

        Assert.Empty(await stream.Input.ReadToEndAsync());
        Assert.Equal(0, calls);
    }

    [Fact]
    public async Task A_handler_that_fails_fails_the_request_and_the_next_is_answered()
    {
        Bob.SetRequestHandler(Text, (request, _, _) => request == "bad" ? throw new InvalidOperationException("secret") : ValueTask.FromResult(request));
        var fault = await Fault(Text, "bad");

        Assert.Equal((Libp2pErrorCodes.RequestFailed, true), (fault.Code, fault.IsTransient));
        Assert.DoesNotContain("secret", fault.ToString(), StringComparison.Ordinal);
        Assert.Equal("good", await Alice.RequestAsync(Bob.LocalPeer, Text, "good", Cancel));
    }

    [Fact]
    public async Task A_stream_that_ends_without_a_response_fails_the_request()
    {
        Bob.SetStreamHandler(Id, (_, _) => Task.CompletedTask);

        Assert.Equal(Libp2pErrorCodes.RequestFailed, (await Fault(Text, "hi")).Code);
    }

    [Fact]
    public async Task A_response_that_ends_within_is_malformed()
    {
        Bob.SetStreamHandler(Id, async (stream, token) => await stream.Output.WriteAsync("\u0003hi"u8.ToArray(), token));

        Assert.Equal(Libp2pErrorCodes.Malformed, (await Fault(Text, "hi")).Code);
    }

    [Fact]
    public async Task A_response_that_the_codec_cannot_read_is_malformed()
    {
        Bob.SetStreamHandler(Id, async (stream, token) => await stream.Output.WriteAsync(new byte[] { 1, 0xff }, token));

        var fault = await Fault(Text, "hi");
        Assert.Equal(Libp2pErrorCodes.Malformed, fault.Code);
        Assert.IsAssignableFrom<ArgumentException>(fault.InnerException);
    }

    [Fact]
    public async Task A_request_that_the_codec_cannot_read_is_not_handled()
    {
        var calls = 0;
        Bob.SetRequestHandler(Text, (request, _, _) => ValueTask.FromResult($"{request}{++calls}"));
        var bytes = new RequestProtocol<ReadOnlyMemory<byte>, string>(Id, MessageCodecs.Bytes, MessageCodecs.Text);
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => Alice.RequestAsync(Bob.LocalPeer, bytes, new byte[] { 0xff }, Cancel));

        Assert.Equal((Libp2pErrorCodes.RequestFailed, 0), (fault.Code, calls));
    }

    [Fact]
    public async Task A_protocol_that_the_peer_does_not_speak_is_not_supported() =>
        Assert.Equal(Libp2pErrorCodes.NotSupported, (await Fault(Text, "hi")).Code);

    [Fact]
    public async Task A_peer_that_does_not_answer_is_given_up_in_time_and_told()
    {
        var (asked, told) = (new TaskCompletionSource(), new TaskCompletionSource());
        Bob.SetStreamHandler(Id, async (stream, _) =>
        {
            asked.SetResult();
            await stream.Completion;
            told.SetResult();
        });
        var request = Alice.RequestAsync(Bob.LocalPeer, Text, "hi", Cancel);
        await asked.Task.WaitAsync(Cancel);
        Time.Advance(Text.Timeout - TimeSpan.FromMilliseconds(1));
        Assert.False(request.IsCompleted);
        Time.Advance(TimeSpan.FromMilliseconds(1));

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => request);
        Assert.Equal((Libp2pErrorCodes.TimedOut, true), (fault.Code, fault.IsTransient));
        await told.Task.WaitAsync(Cancel);
    }

    [Fact]
    public async Task A_caller_that_gives_up_sees_that_it_was_cancelled_and_the_handler_is_told()
    {
        var (asked, told) = (new TaskCompletionSource(), new TaskCompletionSource());
        Bob.SetRequestHandler(Text, async (request, _, token) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, token).ContinueWith(_ => told.SetResult(), TaskScheduler.Default);
            return request;
        });
        using var stop = new CancellationTokenSource();
        var request = Alice.RequestAsync(Bob.LocalPeer, Text, "hi", stop.Token);
        await asked.Task.WaitAsync(Cancel);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await told.Task.WaitAsync(Cancel);
    }

    [Fact]
    public async Task A_handler_has_as_long_as_its_protocol_says()
    {
        var quick = new RequestProtocol<string, string>(Id, MessageCodecs.Text, MessageCodecs.Text) { Timeout = TimeSpan.FromSeconds(3) };
        var asked = new TaskCompletionSource<CancellationToken>();
        Bob.SetRequestHandler(quick, async (request, _, token) =>
        {
            asked.SetResult(token);
            await Task.Delay(Timeout.Infinite, token);
            return request;
        });
        var request = Alice.RequestAsync(Bob.LocalPeer, Text, "hi", Cancel);
        var given = await asked.Task.WaitAsync(Cancel);
        Time.Advance(TimeSpan.FromSeconds(3) - TimeSpan.FromMilliseconds(1));
        Assert.False(given.IsCancellationRequested);
        Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(Libp2pErrorCodes.RequestFailed, (await Assert.ThrowsAsync<Libp2pException>(() => request)).Code);
        Assert.True(given.IsCancellationRequested);
    }
}

using DChat.Libp2p.Protocols.RequestResponse;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Wire;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.RequestResponse;

public sealed class RequestLimitTests : RequestPair
{
    private static readonly RequestProtocol<string, string> Short =
        new(Id, MessageCodecs.Text, MessageCodecs.Text) { MaxRequestBytes = 10, MaxResponseBytes = 20 };

    private static readonly RequestProtocol<string, string> Long = new(Id, MessageCodecs.Text, MessageCodecs.Text);

    [Fact]
    public async Task A_request_may_have_its_limit_and_one_beyond_is_not_sent()
    {
        Bob.SetRequestHandler(Short, (request, _, _) => ValueTask.FromResult(request));

        Assert.Equal("0123456789", await Alice.RequestAsync(Bob.LocalPeer, Short, "0123456789", Cancel));
        var fault = await Fault(Short, "0123456789a");
        Assert.Equal((Libp2pErrorCodes.LimitReached, false), (fault.Code, fault.IsTransient));
    }

    [Fact]
    public async Task A_request_beyond_the_limit_of_who_answers_is_refused_before_it_is_there()
    {
        var calls = 0;
        Bob.SetRequestHandler(Short, (request, _, _) => ValueTask.FromResult($"{request}{++calls}"));

        Assert.Equal("01234567891", await Alice.RequestAsync(Bob.LocalPeer, Long, "0123456789", Cancel));
        Assert.Equal(Libp2pErrorCodes.RequestFailed, (await Fault(Long, "0123456789a")).Code);

        await using var stream = await Alice.NewStreamAsync(Bob.LocalPeer, [Id], Cancel);
        await stream.Output.WriteAsync(new byte[] { 11 }, Cancel);
        var fault = await Assert.ThrowsAsync<Libp2pException>(async () => await stream.Input.ReadAsync(Cancel));
        Assert.Equal((Libp2pErrorCodes.StreamReset, 1), (fault.Code, calls));
    }

    [Theory]
    [InlineData(20, null)]
    [InlineData(21, Libp2pErrorCodes.LimitReached)]
    public async Task A_response_may_have_the_limit_of_who_asks(int length, string? code)
    {
        Bob.SetRequestHandler(Long, (_, _, _) => ValueTask.FromResult(new string('x', length)));

        Assert.Equal(code, await CodeAsync(Alice.RequestAsync(Bob.LocalPeer, Short, "", Cancel)));
    }

    [Theory]
    [InlineData(20, null)]
    [InlineData(21, Libp2pErrorCodes.RequestFailed)]
    public async Task A_response_may_have_the_limit_of_who_answers(int length, string? code)
    {
        Bob.SetRequestHandler(Short, (_, _, _) => ValueTask.FromResult(new string('x', length)));

        Assert.Equal(code, await CodeAsync(Alice.RequestAsync(Bob.LocalPeer, Long, "", Cancel)));
    }

    [Fact]
    public async Task A_message_may_be_longer_than_the_window_of_a_stream()
    {
        var wide = new RequestProtocol<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(Id, MessageCodecs.Bytes, MessageCodecs.Bytes)
        {
            MaxRequestBytes = 5_000_000,
            MaxResponseBytes = 5_000_000,
        };
        Bob.SetRequestHandler(wide, (request, _, _) => ValueTask.FromResult(request));
        var sent = Pipes.Pattern(5_000_000);

        Assert.True((await Alice.RequestAsync(Bob.LocalPeer, wide, sent, Cancel)).Span.SequenceEqual(sent));
    }

    [Fact]
    public async Task A_connection_has_as_many_requests_under_way_as_the_protocol_says_and_one_more_is_refused()
    {
        var two = new RequestProtocol<string, string>(Id, MessageCodecs.Text, MessageCodecs.Text) { Limits = new ProtocolLimits(MaxInbound: 2) };
        var release = new TaskCompletionSource();
        var running = 0;
        Bob.SetRequestHandler(two, async (request, _, _) =>
        {
            Interlocked.Increment(ref running);
            await release.Task;
            return request;
        });
        Task<string>[] allowed = [Alice.RequestAsync(Bob.LocalPeer, two, "a", Cancel), Alice.RequestAsync(Bob.LocalPeer, two, "b", Cancel)];
        await TestHosts.UntilAsync(() => Volatile.Read(ref running) == 2);
        var fault = await Fault(two, "c");
        release.SetResult();

        Assert.Equal((Libp2pErrorCodes.LimitReached, true), (fault.Code, fault.IsTransient));
        Assert.Equal(["a", "b"], await Task.WhenAll(allowed));
    }

    [Fact]
    public async Task Requests_in_a_row_never_add_up()
    {
        var one = new RequestProtocol<string, string>(Id, MessageCodecs.Text, MessageCodecs.Text) { Limits = new ProtocolLimits(MaxOutbound: 1) };
        foreach (var host in new[] { Alice, Bob })
        {
            host.SetRequestHandler(one, (request, _, _) => ValueTask.FromResult(request));
        }

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal("hi", await Alice.RequestAsync(Bob.LocalPeer, one, "hi", Cancel));
        }
    }

    [Fact]
    public async Task A_peer_that_answers_and_does_not_end_is_not_waited_for_longer_than_a_second()
    {
        var time = new EndTime();
        var carol = await Network.StartAsync("carol", time: time);
        carol.Introduce(Bob);
        var release = new TaskCompletionSource();
        Bob.SetStreamHandler(Id, async (stream, token) =>
        {
            LengthPrefixed.Write(stream.Output, "hi"u8);
            await stream.Output.FlushAsync(token);
            await release.Task;
        });
        var answered = new RequestProtocol<string, string>(Id, MessageCodecs.Text, MessageCodecs.Create<string>((_, _) => { }, payload =>
        {
            time.HasAnswer = true;
            return MessageCodecs.Text.Read(payload);
        }));
        var request = carol.RequestAsync(Bob.LocalPeer, answered, "", Cancel);
        await time.Waits.WaitAsync(Cancel);
        time.Advance(RequestLimits.EndTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(request.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal("hi", await request);
        release.SetResult();
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    [InlineData(RequestLimits.MaxMessageBytes, true)]
    [InlineData(RequestLimits.MaxMessageBytes + 1, false)]
    public void The_limits_of_messages_have_a_range(int bytes, bool isAllowed)
    {
        Check(() => new RequestProtocol<string, string>(Id, MessageCodecs.Text, MessageCodecs.Text) { MaxRequestBytes = bytes }, isAllowed);
        Check(() => new RequestProtocol<string, string>(Id, MessageCodecs.Text, MessageCodecs.Text) { MaxResponseBytes = bytes }, isAllowed);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    [InlineData(36_000_000_000, true)]
    [InlineData(36_000_000_001, false)]
    public void The_timeout_has_a_range(long ticks, bool isAllowed) =>
        Check(() => new RequestProtocol<string, string>(Id, MessageCodecs.Text, MessageCodecs.Text) { Timeout = TimeSpan.FromTicks(ticks) }, isAllowed);

    private static void Check(Func<object> make, bool isAllowed) => Assert.Equal(isAllowed ? null : typeof(ArgumentOutOfRangeException), Record.Exception(make)?.GetType());

    private static async Task<string?> CodeAsync(Task request) => (await Record.ExceptionAsync(() => request) as Libp2pException)?.Code;

    /// <summary>Time that says when the end of a stream is waited for: its timer is the first of that length after the answer.</summary>
    private sealed class EndTime : FakeTimeProvider
    {
        private readonly TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool HasAnswer { get; set; }

        public Task Waits => _waits.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (HasAnswer && dueTime == RequestLimits.EndTimeout)
            {
                _waits.TrySetResult();
            }

            return timer;
        }
    }
}

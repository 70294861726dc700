using System.Text;
using DChat.Libp2p.Negotiation;

namespace DChat.Libp2p.Tests.Negotiation;

public sealed class MultistreamSelectTests
{
    private const string Header = "\u0013/multistream/1.0.0\n";
    private static readonly string[] Supported = ["/a/1", "/b/1"];

    [Fact]
    public async Task The_dialer_sends_header_and_proposal_in_one_write()
    {
        var (dialer, listener) = Pipes.CreatePair();
        var select = MultistreamSelect.SelectAsync(dialer, ["/a/1"], TestContext.Current.CancellationToken).AsTask();

        var first = await listener.Input.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Header + "\u0005/a/1\n", Encoding.ASCII.GetString(first.Buffer));
        await listener.Output.WriteTextAsync(Header + "\u0005/a/1\n");
        Assert.Equal("/a/1", await select);
    }

    [Fact]
    public async Task A_refused_proposal_is_followed_by_the_next()
    {
        var (dialer, listener) = Pipes.CreatePair();
        var select = MultistreamSelect.SelectAsync(dialer, ["/x/1", "/b/1"], TestContext.Current.CancellationToken).AsTask();
        var listen = ListenAsync(listener);

        Assert.Equal("/b/1", await select);
        Assert.Equal("/b/1", await listen);
    }

    [Fact]
    public async Task A_dialer_whose_proposals_are_all_refused_says_so()
    {
        var (dialer, listener) = Pipes.CreatePair();
        var select = MultistreamSelect.SelectAsync(dialer, ["/x/1", "/y/1"], TestContext.Current.CancellationToken).AsTask();
        var listen = ListenAsync(listener);

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => select);
        Assert.Equal(Libp2pErrorCodes.NotSupported, fault.Code);
        await dialer.DisposeAsync();
        Assert.Null(await listen);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Header)]
    [InlineData(Header + "\u0005/a")]
    public async Task A_listener_that_leaves_before_it_answers_may_answer_later(string before)
    {
        var (dialer, listener) = Pipes.CreatePair();
        var select = MultistreamSelect.SelectAsync(dialer, ["/a/1"], TestContext.Current.CancellationToken).AsTask();
        await listener.Output.WriteTextAsync(before);
        await listener.DisposeAsync();

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => select);
        Assert.Equal((Libp2pErrorCodes.ConnectionClosed, true), (fault.Code, fault.IsTransient));
    }

    [Fact]
    public async Task A_refusal_is_the_published_bytes()
    {
        var (dialer, listener) = Pipes.CreatePair();
        var listen = ListenAsync(listener);
        await dialer.Output.WriteTextAsync(Header + "\u0005/x/1\n");
        var answer = await dialer.Input.ReadExactlyAsync(24);

        Assert.Equal("036e610a", Convert.ToHexStringLower(answer.AsSpan(20)));
        await dialer.DisposeAsync();
        Assert.Null(await listen);
    }

    [Fact]
    public async Task A_listing_is_one_message_of_messages()
    {
        var (dialer, listener) = Pipes.CreatePair();
        var listen = ListenAsync(listener);
        await dialer.Output.WriteTextAsync(Header + "\u0003ls\n\u0005/a/1\n");

        Assert.Equal("/a/1", await listen);
        Assert.Equal(
            Header + "\u000d\u0005/a/1\n\u0005/b/1\n\n\u0005/a/1\n",
            Encoding.ASCII.GetString(await dialer.Input.ReadExactlyAsync(20 + 14 + 6)));
    }

    [Fact]
    public async Task Bytes_pipelined_behind_the_protocol_reach_its_handler()
    {
        var (dialer, listener) = Pipes.CreatePair();
        await dialer.Output.WriteTextAsync(Header + "\u0005/a/1\nhello");

        Assert.Equal("/a/1", await ListenAsync(listener));
        Assert.Equal("hello", Encoding.ASCII.GetString(await listener.Input.ReadExactlyAsync(5)));
    }

    [Fact]
    public async Task Negotiation_succeeds_however_the_bytes_are_cut()
    {
        var text = Header + "\u0005/x/1\n\u0005/a/1\n";
        for (var cut = 1; cut < text.Length; cut++)
        {
            var (dialer, listener) = Pipes.CreatePair();
            var listen = ListenAsync(listener);
            await dialer.Output.WriteTextAsync(text[..cut]);
            await dialer.Output.WriteTextAsync(text[cut..]);
            Assert.Equal("/a/1", await listen);
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n................................................................")]
    [InlineData("\u0013/multistream/2.0.0\n")]
    [InlineData("\u0004abcd")]
    [InlineData("\u0080\u0000")]
    public async Task Whoever_does_not_speak_multistream_is_refused(string text)
    {
        var (dialer, listener) = Pipes.CreatePair();
        await dialer.Output.WriteAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken);

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => ListenAsync(listener));
        Assert.Equal(Libp2pErrorCodes.Malformed, fault.Code);
    }

    [Fact]
    public async Task A_message_is_taken_at_the_longest_length_and_refused_beyond()
    {
        var longest = new string('a', MultistreamSelect.MaxMessageLength - 1) + "\n";
        var (dialer, listener) = Pipes.CreatePair();
        var listen = ListenAsync(listener);
        await dialer.Output.WriteAsync(Encoding.Latin1.GetBytes(Header + "\u0080\u0008" + longest + "\u0005/a/1\n"), TestContext.Current.CancellationToken);
        Assert.Equal("/a/1", await listen);

        (dialer, listener) = Pipes.CreatePair();
        listen = ListenAsync(listener);
        await dialer.Output.WriteAsync(Encoding.Latin1.GetBytes(Header + "\u0081\u0008"), TestContext.Current.CancellationToken);
        Assert.Equal(Libp2pErrorCodes.LimitReached, (await Assert.ThrowsAsync<Libp2pException>(() => listen)).Code);
    }

    [Theory]
    [InlineData(MultistreamSelect.MaxProposals - 1, true)]
    [InlineData(MultistreamSelect.MaxProposals, false)]
    public async Task A_listener_answers_only_so_many_proposals(int refused, bool succeeds)
    {
        var (dialer, listener) = Pipes.CreatePair();
        await dialer.Output.WriteTextAsync(Header + string.Concat(Enumerable.Repeat("\u0005/x/1\n", refused)) + "\u0005/a/1\n");
        if (succeeds)
        {
            Assert.Equal("/a/1", await ListenAsync(listener));
        }
        else
        {
            var fault = await Assert.ThrowsAsync<Libp2pException>(() => ListenAsync(listener));
            Assert.Equal(Libp2pErrorCodes.LimitReached, fault.Code);
        }
    }

    private static Task<string?> ListenAsync(System.IO.Pipelines.IDuplexPipe pipe) =>
        MultistreamSelect.ListenAsync(pipe, Supported.Contains, () => Supported, TestContext.Current.CancellationToken).AsTask();
}

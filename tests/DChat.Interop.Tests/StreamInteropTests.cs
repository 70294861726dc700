using DChat.Interop.Tests.Js;
using DChat.Libp2p;
using DChat.Libp2p.Peers;

namespace DChat.Interop.Tests;

public sealed class StreamInteropTests
{
    private const string Unknown = "/dchat-test/unknown/1.0.0";

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task We_read_on_after_we_have_ended_our_half(Side opener)
    {
        await using var streams = await StreamPair.OpenAsync(opener);
        var (ours, theirs) = (streams.Ours, streams.Theirs);
        await ours.WriteTextAsync("question");
        await ours.CloseWriteAsync(TestContext.Current.CancellationToken);
        Assert.Equal("question", await theirs.ReadToEndAsync());

        await theirs.WriteAsync("an");
        Assert.Equal("an", await ours.ReadTextAsync(2));
        await theirs.WriteAsync("swer");
        await theirs.CloseWriteAsync();
        Assert.Equal("swer", await ours.ReadTextToEndAsync());
        Assert.Equal(("closed", null), await theirs.EndedAsync());
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task Js_reads_on_after_it_has_ended_its_half(Side opener)
    {
        await using var streams = await StreamPair.OpenAsync(opener);
        var (ours, theirs) = (streams.Ours, streams.Theirs);
        await theirs.WriteAsync("question");
        await theirs.CloseWriteAsync();
        Assert.Equal("question", await ours.ReadTextToEndAsync());

        await ours.WriteTextAsync("an");
        Assert.Equal("an", await theirs.ReadAsync(2));
        await ours.WriteTextAsync("swer");
        await ours.CloseWriteAsync(TestContext.Current.CancellationToken);
        Assert.Equal("swer", await theirs.ReadToEndAsync());
        Assert.Equal(("closed", null), await theirs.EndedAsync());
        await ours.Completion.WaitAsync(JsProcess.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Js_reads_to_the_end_what_we_write_and_end_before_it_has_agreed_on_the_protocol()
    {
        await using var pair = await Pair.ConnectAsync(Side.CSharp);
        for (var i = 1; i <= 20; i++)
        {
            await using var stream = await pair.OpenAsync(JsPeer.ManualProtocol);
            await stream.WriteTextAsync($"message {i}");
            await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
            Assert.Equal($"message {i}", await (await pair.Js.AcceptAsync(i)).ReadToEndAsync());
        }
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task A_reset_of_ours_is_a_reset_to_js(Side opener)
    {
        await using var streams = await StreamPair.OpenAsync(opener);
        streams.Ours.Reset();

        Assert.Equal(("reset", "StreamResetError"), await streams.Theirs.EndedAsync());
        var fault = await Assert.ThrowsAsync<JsFaultException>(() => streams.Theirs.ReadToEndAsync());
        Assert.Equal("StreamResetError", fault.Name);
        (await streams.Pair.ExchangeAsync(opener, 1000)).AssertComplete(1000);
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task A_reset_of_js_is_a_reset_to_us(Side opener)
    {
        await using var streams = await StreamPair.OpenAsync(opener);
        await streams.Theirs.ResetAsync();

        await FailsAsync(Libp2pErrorCodes.StreamReset, async () => await streams.Ours.Input.ReadAsync(TestContext.Current.CancellationToken));
        await FailsAsync(Libp2pErrorCodes.StreamReset, async () => await streams.Ours.WriteTextAsync("too late"));
        await streams.Ours.Completion.WaitAsync(JsProcess.Patience, TestContext.Current.CancellationToken);
        (await streams.Pair.ExchangeAsync(opener, 1000)).AssertComplete(1000);
    }

    [Fact]
    public async Task A_js_reader_that_pauses_keeps_its_stream_however_much_we_have_for_it()
    {
        const int MiB = 1024 * 1024;
        await using var streams = await StreamPair.OpenAsync(Side.CSharp);
        var (ours, theirs) = (streams.Ours, streams.Theirs);
        await streams.Pair.EventAsync<PeerEvent.Identified>();
        var warmUp = ours.WriteTextAsync(new string('w', 16 * MiB));
        Assert.Equal(16 * MiB, (await theirs.ReadAsync(16 * MiB)).Length);
        await warmUp;

        // Its window has grown beyond what it holds unread; the exchange shows that it has got what we have sent so far.
        await theirs.PauseAsync();
        var write = ours.WriteTextAsync(new string('x', 16 * MiB));
        (await streams.Pair.ExchangeAsync(Side.CSharp, MiB)).AssertComplete(MiB);
        Assert.False(write.IsCompleted, $"The write ended: {write.Exception}");
        await theirs.ResumeAsync();
        Assert.Equal(16 * MiB, (await theirs.ReadAsync(16 * MiB)).Length);
        await write;
    }

    [Fact]
    public async Task A_protocol_js_does_not_speak_is_refused_and_the_next_one_proposed_is_taken()
    {
        await using var pair = await Pair.ConnectAsync(Side.CSharp);
        await FailsAsync(Libp2pErrorCodes.NotSupported, () => pair.OpenAsync(Unknown));

        // With nothing known about js, both proposals go over the wire.
        pair.Host.Peers.Remove(pair.Js.Id);
        await using var stream = await pair.OpenAsync(Unknown, JsPeer.ManualProtocol);
        Assert.Equal(JsPeer.ManualProtocol, stream.Protocol);
        await stream.WriteTextAsync("hello");
        Assert.Equal("hello", await (await pair.Js.AcceptAsync()).ReadAsync(5));
    }

    [Fact]
    public async Task A_protocol_we_do_not_speak_is_refused_and_the_next_one_proposed_is_taken()
    {
        await using var pair = await Pair.ConnectAsync(Side.Js);
        var fault = await Assert.ThrowsAsync<JsFaultException>(() => pair.Js.OpenAsync(pair.Host.LocalPeer, Unknown));
        Assert.Equal("UnsupportedProtocolError", fault.Name);

        var stream = await pair.Js.OpenAsync(pair.Host.LocalPeer, Unknown, JsPeer.EchoProtocol);
        Assert.Equal(JsPeer.EchoProtocol, stream.Protocol);
        await stream.WriteAsync("hello");
        await stream.CloseWriteAsync();
        Assert.Equal("hello", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task A_protocol_js_has_stopped_speaking_without_a_word_fails_the_first_read()
    {
        await using var pair = await Pair.ConnectAsync(Side.CSharp, new JsPeerSettings { Push = false });
        await pair.Js.DoAsync("unhandle", ("protocol", JsPeer.EchoProtocol));

        await using var stream = await pair.OpenAsync(JsPeer.EchoProtocol);
        await FailsAsync(Libp2pErrorCodes.NotSupported, async () => await stream.Input.ReadAsync(TestContext.Current.CancellationToken));
    }

    private static async Task FailsAsync(string code, Func<Task> act) => Assert.Equal(code, (await Assert.ThrowsAsync<Libp2pException>(act)).Code);
}

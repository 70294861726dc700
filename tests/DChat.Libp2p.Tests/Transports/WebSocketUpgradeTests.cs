using System.Text;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Transports.WebSocket;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Transports;

/// <summary>What a listener makes of requests and frames, byte for byte.</summary>
public sealed class WebSocketUpgradeTests
{
    private static readonly Multiaddr Anywhere = Multiaddr.Parse("/ip4/127.0.0.1/tcp/0/ws");

    [Fact]
    public async Task The_answer_is_that_of_the_specification()
    {
        await using var pair = await AcceptAsync(new WebSocketOptions());
        await pair.Client.SendAsync(RawClient.GoodRequest + "\r\n");
        _ = pair.OpenAsync();
        var (status, all) = await pair.Client.AnswerAsync();
        Assert.Equal("101 Switching Protocols", status);
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", all, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Connection: Upgrade", "connection: keep-alive, UPGRADE", "101")]
    [InlineData("Upgrade: websocket", "uPGRADE: foo, WebSocket", "101")]
    [InlineData("GET / ", "GET /any/path?x=1 ", "101")]
    [InlineData("Host: example", "Host: example\r\nContent-Length: 0\r\nOrigin: https://evil.example", "101")]
    [InlineData("GET / ", "POST / ", "405")]
    [InlineData("HTTP/1.1", "HTTP/1.0", "505")]
    [InlineData("HTTP/1.1", "HTTP/2.0", "505")]
    [InlineData("GET / HTTP/1.1", "GET /", "400")]
    [InlineData("GET / HTTP/1.1", "GET  / HTTP/1.1", "400")]
    [InlineData("GET / HTTP/1.1", "", "400")]
    [InlineData("Host: example\r\n", "", "400")]
    [InlineData("Host: example", "Host: a\r\nHost: b", "400")]
    [InlineData("Host: example", "Host: example\r\nContent-Length: 5", "400")]
    [InlineData("Host: example", "Host: example\r\nTransfer-Encoding: chunked", "400")]
    [InlineData("Host: example", "Host : example", "400")]
    [InlineData("Host: example", "Host: example\r\n folded", "400")]
    [InlineData("Host: example", "Host: example\nInjected: 1", "400")]
    [InlineData("Host: example", "Host: exa\0mple", "400")]
    [InlineData("Host: example", "Host: example\r\n: nameless", "400")]
    [InlineData("Upgrade: websocket", "Upgrade: h2c", "426")]
    [InlineData("Connection: Upgrade\r\n", "", "426")]
    [InlineData("Version: 13", "Version: 8", "426")]
    [InlineData("Sec-WebSocket-Version: 13\r\n", "", "426")]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j", "400")]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ==", "not base64", "400")]
    [InlineData("Sec-WebSocket-Key:", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key:", "400")]
    public async Task A_request_gets_the_answer_it_deserves(string good, string changed, string expected)
    {
        await using var pair = await AcceptAsync(new WebSocketOptions());
        await pair.Client.SendAsync(RawClient.GoodRequest.Replace(good, changed, StringComparison.Ordinal) + "\r\n");
        await AnsweredAsync(pair, expected);
    }

    [Theory]
    [InlineData(null, "101")]
    [InlineData("https://chat.example", "101")]
    [InlineData("HTTPS://CHAT.EXAMPLE", "101")]
    [InlineData("https://evil.example", "403")]
    [InlineData("https://chat.example.evil.example", "403")]
    [InlineData("null", "403")]
    public async Task Only_pages_of_allowed_origins_may_connect_when_there_are_such(string? origin, string expected)
    {
        var options = new WebSocketOptions();
        options.AllowedOrigins.Add("https://chat.example");
        await using var pair = await AcceptAsync(options);
        await pair.Client.SendAsync(RawClient.GoodRequest + (origin is null ? "\r\n" : $"Origin: {origin}\r\n\r\n"));
        await AnsweredAsync(pair, expected);
    }

    [Theory]
    [InlineData(0, "101")]
    [InlineData(1, "431")]
    public async Task A_head_may_be_as_long_as_the_limit(int beyond, string expected)
    {
        var options = new WebSocketOptions { MaxHeadLength = 1000 };
        var filler = "X-Filler: ";
        var rest = options.MaxHeadLength + beyond - RawClient.GoodRequest.Length - filler.Length - 4;
        await using var pair = await AcceptAsync(options);
        await pair.Client.SendAsync(RawClient.GoodRequest + filler + new string('x', rest) + "\r\n\r\n");
        await AnsweredAsync(pair, expected);
    }

    [Theory]
    [InlineData(0, "101")]
    [InlineData(1, "431")]
    public async Task A_head_may_have_as_many_fields_as_the_limit(int beyond, string expected)
    {
        var options = new WebSocketOptions { MaxHeaders = 10 };
        var more = string.Concat(Enumerable.Range(0, options.MaxHeaders + beyond - 5).Select(i => $"X-{i}: y\r\n"));
        await using var pair = await AcceptAsync(options);
        await pair.Client.SendAsync(RawClient.GoodRequest + more + "\r\n");
        await AnsweredAsync(pair, expected);
    }

    [Fact]
    public async Task A_head_without_end_is_cut_at_the_limit()
    {
        await using var pair = await AcceptAsync(new WebSocketOptions());
        await pair.Client.SendAsync(new string('x', new WebSocketOptions().MaxHeadLength));
        await AnsweredAsync(pair, "431");
    }

    [Fact]
    public async Task Whoever_sends_a_request_drop_by_drop_is_cut_off_when_the_time_for_setting_up_is_over()
    {
        var time = new FakeTimeProvider();
        var options = new Libp2pOptions();
        options.ListenAddresses.Add(Anywhere);
        await using var host = new Libp2pHost(options, time);
        await host.StartAsync(TestContext.Current.CancellationToken);
        await using var client = await RawClient.ConnectAsync(host.ListenAddresses[0]);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: ");
        var ended = client.EndedAsync();
        while (!ended.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await ended;
    }

    [Fact]
    public async Task Borders_of_messages_mean_nothing_and_pings_are_answered()
    {
        await using var pair = await UpgradeAsync();
        await pair.Client.SendAsync(0x82, 0x82, 0, 0, 0, 0, (byte)'a', (byte)'b');
        await pair.Client.SendAsync(0x02, 0x81, 0, 0, 0, 0, (byte)'c');
        await pair.Client.SendAsync(0x89, 0x81, 0, 0, 0, 0, 7);
        await pair.Client.SendAsync(0x80, 0x81, 1, 0, 0, 0, (byte)('d' ^ 1));
        var read = await pair.Connection.Input.ReadAtLeastAsync(4, TestContext.Current.CancellationToken);
        Assert.Equal("abcd", Encoding.ASCII.GetString(read.Buffer));
        pair.Connection.Input.AdvanceTo(read.Buffer.End);
        Assert.Equal([0x8a, 1, 7], await pair.Client.TakeAsync(3));

        await pair.Connection.Output.WriteAsync("xyz"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal([0x82, 3, (byte)'x', (byte)'y', (byte)'z'], await pair.Client.TakeAsync(5));
    }

    [Fact]
    public async Task A_close_frame_ends_the_stream_and_is_answered_when_the_connection_is_disposed()
    {
        await using var pair = await UpgradeAsync();
        await pair.Client.SendAsync(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8);
        Assert.True((await pair.Connection.Input.ReadAsync(TestContext.Current.CancellationToken)).IsCompleted);
        await pair.Connection.DisposeAsync();
        Assert.Equal([0x88, 2, 0x03, 0xe8], await pair.Client.TakeAsync(4));
        await pair.Client.EndedAsync();
    }

    [Fact]
    public async Task A_connection_that_just_ends_is_an_end()
    {
        await using var pair = await UpgradeAsync();
        await pair.Client.DisposeAsync();
        Assert.True((await pair.Connection.Input.ReadAsync(TestContext.Current.CancellationToken)).IsCompleted);
    }

    [Theory]
    [InlineData(Libp2pErrorCodes.ProtocolViolation, 0x81, 0x81, 0, 0, 0, 0, 65)] // text
    [InlineData(Libp2pErrorCodes.ProtocolViolation, 0x82, 0x01, 65, 0, 0, 0, 0)] // no mask
    [InlineData(Libp2pErrorCodes.ProtocolViolation, 0x83, 0x81, 0, 0, 0, 0, 65)] // unknown opcode
    [InlineData(Libp2pErrorCodes.ProtocolViolation, 0xc2, 0x81, 0, 0, 0, 0, 65)] // an extension nobody agreed on
    [InlineData(Libp2pErrorCodes.ProtocolViolation, 0x89, 0xfe, 0, 126, 0, 0, 0, 0)] // a ping too long
    [InlineData(Libp2pErrorCodes.ProtocolViolation, 0x82, 0xff, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0)] // a length that is none
    public async Task A_frame_against_the_rules_is_a_fault(string code, params int[] frame)
    {
        await using var pair = await UpgradeAsync();
        await pair.Client.SendAsync([.. frame.Select(b => (byte)b)]);
        var reading = pair.Connection.Input.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => reading.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken));
        Assert.Equal(code, fault.Code);
    }

    [Fact]
    public async Task A_frame_that_claims_to_be_huge_is_read_as_it_comes()
    {
        await using var pair = await UpgradeAsync();
        await pair.Client.SendAsync(0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0);
        await pair.Client.SendAsync(new byte[600_000]);
        var read = await pair.Connection.Input.ReadAtLeastAsync(300_000, TestContext.Current.CancellationToken)
            .AsTask().WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        Assert.InRange(read.Buffer.Length, 300_000, 600_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task So_many_empty_messages_in_a_row_are_borne(int beyond)
    {
        await using var pair = await UpgradeAsync();
        for (var i = 0; i < WebSocketStream.MaxEmptyMessages + beyond; i++)
        {
            await pair.Client.SendAsync(0x82, 0x80, 0, 0, 0, 0);
        }

        await pair.Client.SendAsync(0x82, 0x81, 0, 0, 0, 0, (byte)'a');
        var read = pair.Connection.Input.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        if (beyond == 0)
        {
            Assert.Equal("a", Encoding.ASCII.GetString((await read).Buffer));
        }
        else
        {
            Assert.Equal(Libp2pErrorCodes.LimitReached, (await Assert.ThrowsAsync<Libp2pException>(() => read)).Code);
        }
    }

    private static async Task AnsweredAsync(Pair pair, string expected)
    {
        var opening = pair.OpenAsync();
        var (status, _) = await pair.Client.AnswerAsync();
        Assert.StartsWith(expected, status, StringComparison.Ordinal);
        if (expected == "101")
        {
            await opening;
        }
        else
        {
            await Assert.ThrowsAsync<Libp2pException>(() => opening);
        }
    }

    private static async Task<Pair> AcceptAsync(WebSocketOptions options)
    {
        var listener = await new WebSocketTransport(options).ListenAsync(Anywhere, TestContext.Current.CancellationToken);
        var client = await RawClient.ConnectAsync(listener.LocalAddress);
        return new Pair(listener, client, (await listener.AcceptAsync(TestContext.Current.CancellationToken))!);
    }

    private static async Task<Pair> UpgradeAsync()
    {
        var pair = await AcceptAsync(new WebSocketOptions());
        await pair.Client.SendAsync(RawClient.GoodRequest + "\r\n");
        await pair.OpenAsync();
        await pair.Client.AnswerAsync();
        return pair;
    }

    private sealed record Pair(ITransportListener Listener, RawClient Client, ITransportConnection Connection) : IAsyncDisposable
    {
        public Task OpenAsync() => ((WebSocketConnection)Connection).OpenAsync(TestContext.Current.CancellationToken).AsTask();

        public async ValueTask DisposeAsync()
        {
            await Connection.DisposeAsync();
            await Client.DisposeAsync();
            await Listener.DisposeAsync();
        }
    }
}

using System.Buffers;
using System.Text;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Transports.Proxies;
using DChat.Libp2p.Transports.WebSocket;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Decoders of what comes before a connection is set up; see <see cref="Fuzzer"/>.</summary>
public sealed class TransportFuzzTests
{
    [Fact]
    public void Headers_of_proxies() => Fuzzer.Run(
        [
            Encoding.Latin1.GetBytes("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"),
            [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 0, 2],
        ],
        input =>
        {
            if (ProxyHeader.TryParse(input.Span, out var source, out var consumed) == OperationStatus.Done)
            {
                Assert.InRange(consumed, 1, input.Length);

                // What comes in pieces is waited for, and what follows makes no difference.
                Assert.Equal(OperationStatus.NeedMoreData, ProxyHeader.TryParse(input.Span[..(consumed / 2)], out _, out _));
                Assert.Equal(OperationStatus.NeedMoreData, ProxyHeader.TryParse(input.Span[..(consumed - 1)], out _, out _));
                Assert.Equal(OperationStatus.Done, ProxyHeader.TryParse(input.Span[..consumed], out var again, out _));
                Assert.Equal(source, again);
            }
        });

    [Fact]
    public void Forwarded_addresses() => Fuzzer.Run(
        [Encoding.Latin1.GetBytes("203.0.113.7, [2001:db8::7]:8,10.1.1.1:99")],
        input => ForwardedFor.ClientOf([Encoding.Latin1.GetString(input.Span)], new ProxyOptions()));

    [Fact]
    public void Http_heads() => Fuzzer.Run(
        [Encoding.Latin1.GetBytes(RawRequest)],
        input =>
        {
            if (HttpHead.TryParse(Encoding.Latin1.GetString(input.Span), 8, out var head, out _)
                && WebSocketUpgrade.Check(head, new WebSocketOptions(), out var key) is null)
            {
                Assert.Equal(24, key.Length);
            }
        });

    [Fact]
    public void Upgrade_requests() => Fuzzer.Run([Encoding.Latin1.GetBytes(RawRequest + "\r\n\r\nwhat follows")], input =>
    {
        var (pipe, options) = (new OneWay(input), new WebSocketOptions { MaxHeadLength = 300, MaxHeaders = 8 });
        var (head, refusal) = Finish(HttpHead.ReadAsync(pipe.Input, options, default));
        Assert.True(head is null != refusal is null);
        if (head is not null)
        {
            Assert.InRange(head.Fields.Count, 0, options.MaxHeaders);
        }
    });

    [Fact]
    public void Upgrade_answers() => Fuzzer.Run(
        [Encoding.Latin1.GetBytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")],
        input =>
        {
            var (head, _) = Finish(HttpHead.ReadAsync(new OneWay(input).Input, new WebSocketOptions(), default));
            if (head is not null && WebSocketUpgrade.CheckResponse(head, "dGhlIHNhbXBsZSBub25jZQ==") is null)
            {
                Assert.True(head.TryGetOnce("sec-websocket-accept", out var accept));
                Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", accept);
            }
        });

    [Fact]
    public void Frames_of_web_sockets()
    {
        byte[][] frames =
        [
            Frame(0x82, "hello"u8), Frame(0x02, "in "u8), Frame(0x80, "parts"u8), Frame(0x89, "ping"u8), Frame(0x8a, "pong"u8),
            Frame(0x81, "text"u8), Frame(0x82, new byte[200]), Frame(0x88, [0x03, 0xe8, (byte)'b', (byte)'y', (byte)'e']), Frame(0x82, []),
        ];
        Fuzzer.Run([.. frames, [.. frames.SelectMany(f => f)], [.. Enumerable.Repeat(Frame(0x82, []), 80).SelectMany(f => f)]], input =>
        {
            using var socket = System.Net.WebSockets.WebSocket.CreateFromStream(
                new PipeStream(new OneWay(input)), new System.Net.WebSockets.WebSocketCreationOptions { IsServer = true });
            using var stream = new WebSocketStream(socket);
            var (buffer, total) = (new byte[64], 0);
            while (Finish(stream.ReadAsync(buffer)) is var length and > 0)
            {
                total += length;
            }

            // A frame says more than it is.
            Assert.InRange(total, 0, input.Length);
        }, inputs: 20_000);
    }

    /// <summary>A frame as a client sends it: masked, by zeros.</summary>
    private static byte[] Frame(byte first, ReadOnlySpan<byte> payload) =>
        payload.Length < 126
            ? [first, (byte)(0x80 | payload.Length), 0, 0, 0, 0, .. payload]
            : [first, 0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length, 0, 0, 0, 0, .. payload];

    private static T Finish<T>(ValueTask<T> done)
    {
        Assert.True(done.IsCompleted, "It waits for more than there is.");
        return done.Result;
    }

    private const string RawRequest =
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13";
}

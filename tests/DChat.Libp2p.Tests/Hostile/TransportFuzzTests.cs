using System.Buffers;
using System.Text;
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
            if (ProxyHeader.TryParse(input.Span, out _, out var consumed) == OperationStatus.Done)
            {
                Assert.InRange(consumed, 1, input.Length);
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

    private const string RawRequest =
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13";
}

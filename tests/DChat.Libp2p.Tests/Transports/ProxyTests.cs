using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Transports.Proxies;
using DChat.Libp2p.Transports.Tcp;
using DChat.Libp2p.Transports.WebSocket;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Transports;

/// <summary>Whom a proxy speaks for: believed of those that are trusted, and of nobody else.</summary>
public sealed class ProxyTests
{
    private const string Loopback = "127.0.0.0/8";
    private const string Elsewhere = "10.0.0.0/8";
    private static readonly byte[] Signature = "\r\n\r\n\0\r\nQUIT\n"u8.ToArray();

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1:56324")]
    [InlineData("PROXY TCP6 2001:db8::1 ::1 1 2\r\nGET", "[2001:db8::1]:1")]
    [InlineData("PROXY UNKNOWN\r\n", null)]
    [InlineData("PROXY UNKNOWN ff:ff ff:ff 1 1\r\n", null)]
    public void A_text_header_names_the_client(string header, string? client)
    {
        Assert.Equal(OperationStatus.Done, ProxyHeader.TryParse(Encoding.Latin1.GetBytes(header), out var source, out var consumed));
        Assert.Equal(client, source?.ToString());
        Assert.Equal(header.IndexOf('\n', StringComparison.Ordinal) + 1, consumed);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1  198.51.100.1 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2 198.51.100.1 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 +1 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 01 443\r\n")]
    [InlineData("PROXY TCP4 ::1 ::1 1 443\r\n")]
    [InlineData("PROXY TCP6 192.0.2.1 198.51.100.1 1 443\r\n")]
    [InlineData("PROXY UDP4 192.0.2.1 198.51.100.1 1 443\r\n")]
    [InlineData("proxy TCP4 192.0.2.1 198.51.100.1 1 443\r\n")]
    public void A_malformed_text_header_is_refused(string header) =>
        Assert.Equal(OperationStatus.InvalidData, ProxyHeader.TryParse(Encoding.Latin1.GetBytes(header), out _, out _));

    [Fact]
    public void Headers_end_at_their_limits()
    {
        var text = "PROXY UNKNOWN " + new string('x', ProxyHeader.MaxTextLength - 16);
        Assert.Equal(OperationStatus.Done, ProxyHeader.TryParse(Encoding.Latin1.GetBytes(text + "\r\n"), out _, out _));
        Assert.Equal(OperationStatus.InvalidData, ProxyHeader.TryParse(Encoding.Latin1.GetBytes(text + "x\r\n"), out _, out _));
        Assert.Equal(OperationStatus.NeedMoreData, ProxyHeader.TryParse(Encoding.Latin1.GetBytes(text), out _, out _));

        Assert.Equal(OperationStatus.Done, ProxyHeader.TryParse(Binary(0x21, 0x11, ProxyHeader.MaxBinaryLength - 16), out _, out _));
        Assert.Equal(OperationStatus.InvalidData, ProxyHeader.TryParse(Binary(0x21, 0x11, ProxyHeader.MaxBinaryLength - 15), out _, out _));
    }

    [Theory]
    [InlineData(0x21, 0x11, 12, "1.2.3.4:258")]
    [InlineData(0x21, 0x11, 50, "1.2.3.4:258")]
    [InlineData(0x21, 0x21, 36, "[102:304::]:258")]
    [InlineData(0x20, 0x11, 12, null)]
    [InlineData(0x20, 0x00, 0, null)]
    [InlineData(0x21, 0x00, 3, null)]
    public void A_binary_header_names_the_client(byte command, byte family, int length, string? client)
    {
        var bytes = Binary(command, family, length);
        Assert.Equal(OperationStatus.Done, ProxyHeader.TryParse(bytes, out var source, out var consumed));
        Assert.Equal((client, bytes.Length), (source?.ToString(), consumed));
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            Assert.Equal(OperationStatus.NeedMoreData, ProxyHeader.TryParse(bytes.AsSpan(0, cut), out _, out _));
        }
    }

    [Theory]
    [InlineData(0x11, 0x11, 12)]
    [InlineData(0x22, 0x11, 12)]
    [InlineData(0x21, 0x12, 12)]
    [InlineData(0x21, 0x31, 216)]
    [InlineData(0x21, 0x11, 11)]
    [InlineData(0x21, 0x21, 35)]
    public void A_malformed_binary_header_is_refused(byte command, byte family, int length) =>
        Assert.Equal(OperationStatus.InvalidData, ProxyHeader.TryParse(Binary(command, family, length), out _, out _));

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7:0")]
    [InlineData("6.6.6.6, 203.0.113.7", "203.0.113.7:0")]
    [InlineData("6.6.6.6, 203.0.113.7, 10.1.1.1, 10.2.2.2", "203.0.113.7:0")]
    [InlineData("nonsense, 203.0.113.7:99,10.1.1.1", "203.0.113.7:99")]
    [InlineData("10.3.3.3, 10.1.1.1", "10.3.3.3:0")]
    [InlineData("2001:db8::7", "[2001:db8::7]:0")]
    [InlineData("[2001:db8::7]:8", "[2001:db8::7]:8")]
    [InlineData("203.0.113.7, nonsense", null)]
    [InlineData("203.0.113.7,", null)]
    [InlineData("unknown", null)]
    [InlineData("1", null)]
    [InlineData("fe80::1%eth0", null)]
    public void The_client_is_the_rightmost_hop_that_is_no_trusted_proxy(string value, string? client) =>
        Assert.Equal(client, ForwardedFor.ClientOf([value], Trust(new ProxyOptions(), Elsewhere))?.ToString());

    [Fact]
    public void Several_headers_are_one_list() =>
        Assert.Equal("203.0.113.7:0", ForwardedFor.ClientOf(["203.0.113.7", "10.1.1.1"], Trust(new ProxyOptions(), Elsewhere))?.ToString());

    [Theory]
    [InlineData("/ip4/127.0.0.1/tcp/0")]
    [InlineData("/ip4/127.0.0.1/tcp/0/ws")]
    public async Task A_proxy_that_is_trusted_gives_a_connection_its_client_s_address(string listen)
    {
        await using var listener = await ListenAsync(listen, Loopback);
        await using var client = await RawClient.ConnectAsync(listener.LocalAddress);
        await client.SendAsync("PROXY TCP4 203.0.113.7 127.0.0.1 99 1\r\nGET /");
        await using var connection = (await listener.AcceptAsync(TestContext.Current.CancellationToken))!;
        Assert.StartsWith("/ip4/203.0.113.7/tcp/99", connection.RemoteAddress.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_follows_the_header_is_not_lost()
    {
        await using var listener = await ListenAsync("/ip4/127.0.0.1/tcp/0", Loopback);
        await using var client = await RawClient.ConnectAsync(listener.LocalAddress);
        await client.SendAsync([.. Binary(0x21, 0x11, 12), .. "after"u8]);
        await using var connection = (await listener.AcceptAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal("/ip4/1.2.3.4/tcp/258", connection.RemoteAddress.ToString());
        Assert.Equal("after", Encoding.ASCII.GetString((await connection.Input.ReadAsync(TestContext.Current.CancellationToken)).Buffer));
    }

    [Theory]
    [InlineData("PROXY TCP4 203.0.113.7 127.0.0.1 99 1\r\n", Elsewhere)]
    [InlineData("", Elsewhere)]
    [InlineData("\u0013/multistream/1.0.0\n", Loopback)]
    [InlineData("PROXY TCP4 nobody 127.0.0.1 99 1\r\n", Loopback)]
    public async Task With_the_protocol_on_only_trusted_proxies_with_a_good_header_get_in(string sent, string trusted)
    {
        await using var listener = await ListenAsync("/ip4/127.0.0.1/tcp/0", trusted);
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        await using var client = await RawClient.ConnectAsync(listener.LocalAddress);
        await client.SendAsync(sent);
        await client.EndedAsync();
        Assert.False(accepting.IsCompleted);
        await listener.DisposeAsync();
        Assert.Null(await accepting);
    }

    [Fact]
    public async Task A_proxy_that_is_slow_holds_up_nobody_and_is_cut_off_in_time()
    {
        var time = new FakeTimeProvider();
        await using var listener = await ListenAsync("/ip4/127.0.0.1/tcp/0", Loopback, time: time);
        await using var slow = await RawClient.ConnectAsync(listener.LocalAddress);
        await slow.SendAsync("PROX");
        await using var quick = await RawClient.ConnectAsync(listener.LocalAddress);
        await quick.SendAsync("PROXY UNKNOWN\r\n");
        await using var connection = (await listener.AcceptAsync(TestContext.Current.CancellationToken))!;
        Assert.StartsWith("/ip4/127.0.0.1/tcp/", connection.RemoteAddress.ToString(), StringComparison.Ordinal);

        time.Advance(new ProxyOptions().HeaderTimeout);
        await slow.EndedAsync();
    }

    [Fact]
    public async Task The_oldest_silent_connection_goes_when_there_are_too_many()
    {
        await using var listener = await ListenAsync("/ip4/127.0.0.1/tcp/0", Loopback, maxPending: 2);
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        List<RawClient> clients = [];
        for (var i = 0; i < 3; i++)
        {
            clients.Add(await RawClient.ConnectAsync(listener.LocalAddress));
        }

        await clients[0].EndedAsync();
        await clients[1].SendAsync("PROXY UNKNOWN\r\n");
        await using var connection = (await accepting)!;
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(Loopback, "X-Forwarded-For: 6.6.6.6, 203.0.113.7\r\n", "/ip4/203.0.113.7/tcp/0/ws")]
    [InlineData(Loopback, "X-Forwarded-For: 203.0.113.7\r\nx-forwarded-for: 127.9.9.9\r\n", "/ip4/203.0.113.7/tcp/0/ws")]
    [InlineData(Loopback, "X-Forwarded-For: 2001:db8::7\r\n", "/ip6/2001:db8::7/tcp/0/ws")]
    [InlineData(Loopback, "", "/ip4/127.0.0.1/tcp/")]
    [InlineData(Elsewhere, "X-Forwarded-For: 203.0.113.7\r\n", "/ip4/127.0.0.1/tcp/")]
    [InlineData(null, "X-Forwarded-For: 203.0.113.7\r\n", "/ip4/127.0.0.1/tcp/")]
    public async Task A_forwarded_address_counts_when_a_trusted_proxy_tells_it(string? trusted, string header, string expected)
    {
        var options = new WebSocketOptions();
        Trust(options.Proxies, trusted);
        await using var listener = await new WebSocketTransport(options).ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0/ws"), TestContext.Current.CancellationToken);
        await using var client = await RawClient.ConnectAsync(listener.LocalAddress);
        await client.SendAsync(RawClient.GoodRequest + header + "\r\n");
        await using var connection = (await listener.AcceptAsync(TestContext.Current.CancellationToken))!;
        Assert.StartsWith(expected, connection.RemoteAddress.ToString(), StringComparison.Ordinal);
        await ((WebSocketConnection)connection).OpenAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith(expected, connection.RemoteAddress.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("101", (await client.AnswerAsync()).Status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forwarded_address_that_is_none_is_refused()
    {
        var options = new WebSocketOptions();
        Trust(options.Proxies, Loopback);
        await using var listener = await new WebSocketTransport(options).ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0/ws"), TestContext.Current.CancellationToken);
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        await using var client = await RawClient.ConnectAsync(listener.LocalAddress);
        await client.SendAsync(RawClient.GoodRequest + "X-Forwarded-For: nobody\r\n\r\n");
        Assert.StartsWith("400", (await client.AnswerAsync()).Status, StringComparison.Ordinal);
        await client.EndedAsync();
        Assert.False(accepting.IsCompleted);
    }

    [Fact]
    public async Task Gater_and_limits_of_the_host_see_the_client_and_not_the_proxy()
    {
        var (gater, web) = (new Gater(), new WebSocketOptions());
        Trust(web.Proxies, Loopback);
        var options = new Libp2pOptions { Gater = gater };
        options.Transports.Clear();
        options.Transports.Add(new WebSocketTransport(web));
        options.ListenAddresses.Add(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0/ws"));
        await using var host = new Libp2pHost(options);
        await host.StartAsync(TestContext.Current.CancellationToken);
        await using var bad = await RawClient.ConnectAsync(host.ListenAddresses[0]);
        await bad.SendAsync(RawClient.GoodRequest + "X-Forwarded-For: 6.6.6.6\r\n\r\n");
        await bad.EndedAsync();
        await using var good = await RawClient.ConnectAsync(host.ListenAddresses[0]);
        await good.SendAsync(RawClient.GoodRequest + "X-Forwarded-For: 203.0.113.7\r\n\r\n");
        Assert.StartsWith("101", (await good.AnswerAsync()).Status, StringComparison.Ordinal);
        await gater.Asked.Task.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(["/ip4/6.6.6.6/tcp/0/ws", "/ip4/203.0.113.7/tcp/0/ws"], gater.Seen);
    }

    private static async Task<ITransportListener> ListenAsync(string address, string trusted, int maxPending = 256, TimeProvider? time = null)
    {
        var web = new WebSocketOptions();
        web.Proxies.UseProxyProtocol = true;
        web.Proxies.MaxPending = maxPending;
        Trust(web.Proxies, trusted);
        var parsed = Multiaddr.Parse(address);
        ITransport[] transports = [new TcpTransport(web.Proxies, time), new WebSocketTransport(web, time)];
        return await transports.Single(t => t.Matches(parsed)).ListenAsync(parsed, TestContext.Current.CancellationToken);
    }

    private static ProxyOptions Trust(ProxyOptions options, string? network)
    {
        if (network is not null)
        {
            options.TrustedNetworks.Add(IPNetwork.Parse(network));
        }

        return options;
    }

    /// <summary>A header of version 2 whose addresses are 1.2.3.4 and so on.</summary>
    private static byte[] Binary(byte command, byte family, int length)
    {
        byte[] bytes = [.. Signature, command, family, 0, 0, .. new byte[length]];
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(14), (ushort)length);
        (byte[] address, var port) = ([1, 2, 3, 4], family == 0x21 ? 32 : 8);
        if (length >= port + 2)
        {
            address.CopyTo(bytes, 16);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(16 + port), 258);
        }

        return bytes;
    }

    private sealed class Gater : IConnectionGater
    {
        public List<string> Seen { get; } = [];

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool AllowInbound(Multiaddr remoteAddress)
        {
            Seen.Add(remoteAddress.ToString());
            if (Seen.Count == 2)
            {
                Asked.SetResult();
            }

            return !remoteAddress.ToString().StartsWith("/ip4/6.6.6.6/", StringComparison.Ordinal);
        }
    }
}

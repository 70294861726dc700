using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Transports.Tcp;
using DChat.Libp2p.Transports.WebSocket;

namespace DChat.Libp2p.Tests.Transports;

public sealed class WebSocketTests
{
    private const string Echo = "/echo/1.0.0";

    [Theory]
    [InlineData("/ip4/1.2.3.4/tcp/80/ws", "1.2.3.4", "1.2.3.4")]
    [InlineData("/ip4/1.2.3.4/tcp/443/ws", "1.2.3.4:443", "1.2.3.4")]
    [InlineData("/ip6/::1/tcp/8081/ws", "[::1]:8081", "::1")]
    [InlineData("/dns4/chat.example/tcp/443/tls/ws", "chat.example", "chat.example")]
    [InlineData("/dns/chat.example/tcp/444/wss", "chat.example:444", "chat.example")]
    [InlineData("/ip4/1.2.3.4/tcp/443/tls/sni/chat.example/ws", "chat.example", "chat.example")]
    [InlineData("/dns6/a/tcp/1/ws/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq", "a:1", "a")]
    public void Addresses_are_of_one_transport_and_say_what_the_request_and_the_certificate_must_name(string text, string host, string name)
    {
        var address = Multiaddr.Parse(text);
        Assert.True(new WebSocketTransport().Matches(address));
        Assert.False(new TcpTransport().Matches(address));
        Assert.True(WebSocketAddress.TryParse(address, out var parsed));
        Assert.Equal((host, name), (parsed.HostField, parsed.ServerName));
    }

    [Theory]
    [InlineData("/ip4/1.2.3.4/tcp/80")]
    [InlineData("/ip4/1.2.3.4/udp/80/ws")]
    [InlineData("/ip4/1.2.3.4/tcp/80/tls")]
    [InlineData("/ip4/1.2.3.4/tcp/80/ws/ws")]
    [InlineData("/ip4/1.2.3.4/tcp/80/sni/a/ws")]
    [InlineData("/ip4/1.2.3.4/tcp/80/ws/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit")]
    [InlineData("/dnsaddr/example.com/tcp/80/ws")]
    [InlineData("/dns/a\r\nEvil: b/tcp/80/ws")]
    public void Other_addresses_are_not_taken(string text) => Assert.False(new WebSocketTransport().Matches(Multiaddr.Parse(text)));

    [Theory]
    [InlineData("/ip4/127.0.0.1/tcp/0/ws")]
    [InlineData("/ip6/::1/tcp/0/ws")]
    public async Task Hosts_exchange_streams_over_websocket(string listen)
    {
        await using var server = await StartAsync(new WebSocketTransport(), listen);
        await using var client = await StartAsync(new WebSocketTransport());
        await ExchangeAsync(client, server, 1_000_000);

        var closed = Assert.Single(server.Connections).Closed;
        Assert.EndsWith("/ws", server.ListenAddresses[0].ToString(), StringComparison.Ordinal);
        Assert.Equal(server.ListenAddresses[0], Assert.Single(client.Connections).RemoteAddress);
        Assert.EndsWith("/ws", Assert.Single(server.Connections).RemoteAddress.ToString(), StringComparison.Ordinal);
        await client.DisconnectAsync(server.LocalPeer);
        Assert.Equal(CloseReason.Remote, await closed.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/ip4/127.0.0.1/tcp/0/tls/ws")]
    [InlineData("/ip4/127.0.0.1/tcp/0/wss")]
    [InlineData("/ip4/127.0.0.1/tcp/0/tls/sni/chat.example/ws")]
    public async Task Hosts_exchange_streams_over_websocket_with_tls(string listen)
    {
        using var certificate = Certificate();
        await using var server = await StartAsync(new WebSocketTransport(new WebSocketOptions { Certificate = certificate }), listen);
        string? shown = null;
        var options = new WebSocketOptions { ValidateServer = (_, c, _, _) => (shown = c!.Subject) is not null };
        await using var client = await StartAsync(new WebSocketTransport(options));
        await ExchangeAsync(client, server, 100_000);
        Assert.Equal("CN=chat.example", shown);
    }

    [Fact]
    public async Task A_connection_dialed_by_a_name_is_at_the_address_of_its_socket()
    {
        var transport = new WebSocketTransport();
        await using var listener = await transport.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0/ws"), TestContext.Current.CancellationToken);
        var accepting = Task.Run(async () =>
        {
            // It becomes a WebSocket when it is read.
            var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);
            await accepted!.Input.ReadAsync(TestContext.Current.CancellationToken);
        }, TestContext.Current.CancellationToken);
        var named = Multiaddr.Parse(listener.LocalAddress.ToString().Replace("/ip4/127.0.0.1/", "/dns4/localhost/", StringComparison.Ordinal));
        var connection = await transport.DialAsync(named, TestContext.Current.CancellationToken);
        Assert.Equal(listener.LocalAddress, connection.RemoteAddress);
        Assert.NotEmpty(AddressNetworks.Of(connection.RemoteAddress));
        await connection.DisposeAsync();
        await Record.ExceptionAsync(() => accepting);
    }

    [Fact]
    public async Task A_certificate_of_nobody_is_refused()
    {
        using var certificate = Certificate();
        await using var server = await StartAsync(new WebSocketTransport(new WebSocketOptions { Certificate = certificate }), "/ip4/127.0.0.1/tcp/0/tls/ws");
        await using var client = await StartAsync(new WebSocketTransport());
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => client.ConnectAsync(server.Address(), TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.DialFailed, fault.Code);
        Assert.Contains("TLS", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listening_with_tls_takes_a_certificate()
    {
        var transport = new WebSocketTransport();
        var fault = await Assert.ThrowsAsync<Libp2pException>(
            () => transport.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0/tls/ws"), TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(Libp2pErrorCodes.ListenFailed, fault.Code);
    }

    [Fact]
    public async Task Dialing_what_is_no_websocket_fails_and_says_so()
    {
        using var plain = new TcpListenerOfTests("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        await using var client = await StartAsync(new WebSocketTransport());
        var fault = await Assert.ThrowsAsync<Libp2pException>(
            () => client.ConnectAsync(Multiaddr.Parse($"/ip4/127.0.0.1/tcp/{plain.Port}/ws"), TestContext.Current.CancellationToken));
        Assert.Equal((Libp2pErrorCodes.DialFailed, true), (fault.Code, fault.IsTransient));
        Assert.Contains("404 Not Found", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")]
    [InlineData("HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")]
    [InlineData("HTTP/1.1 101 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")]
    [InlineData("HTTP/1.0 101 OK\r\n\r\n")]
    [InlineData("no HTTP\r\n\r\n")]
    [InlineData("")]
    public async Task An_answer_that_does_not_fit_fails_the_dial(string answer)
    {
        using var plain = new TcpListenerOfTests(answer);
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => new WebSocketTransport().DialAsync(
            Multiaddr.Parse($"/ip4/127.0.0.1/tcp/{plain.Port}/ws"), TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(Libp2pErrorCodes.DialFailed, fault.Code);
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        var options = new WebSocketOptions { MaxHeadLength = 255, MaxHeaders = 7 };
        options.Proxies.UseProxyProtocol = true;
        options.Proxies.HeaderTimeout = TimeSpan.Zero;
        options.Proxies.MaxPending = 0;
        var fault = Assert.Throws<ArgumentException>(() => new WebSocketTransport(options));
        foreach (var name in new[] { "MaxHeadLength must", "MaxHeaders must", "Proxies.HeaderTimeout must", "Proxies.MaxPending must", "Proxies.TrustedNetworks must" })
        {
            Assert.Contains(name, fault.Message, StringComparison.Ordinal);
        }

        Assert.Contains("TrustedNetworks must", Assert.Throws<ArgumentException>(() => new TcpTransport(options.Proxies)).Message, StringComparison.Ordinal);
    }

    private static async Task<Libp2pHost> StartAsync(WebSocketTransport transport, string? listen = null)
    {
        var options = new Libp2pOptions();
        options.Transports.Clear();
        options.Transports.Add(transport);
        if (listen is not null)
        {
            options.ListenAddresses.Add(Multiaddr.Parse(listen));
        }

        var host = new Libp2pHost(options);
        host.SetStreamHandler(Echo, TestHosts.EchoAsync);
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    private static async Task ExchangeAsync(Libp2pHost client, Libp2pHost server, int bytes)
    {
        var connection = await client.ConnectAsync(server.Address(), TestContext.Current.CancellationToken);
        await using var stream = await client.NewStreamAsync(connection, [Echo], TestContext.Current.CancellationToken);
        var sent = RandomNumberGenerator.GetBytes(bytes);
        var sending = Task.Run(async () =>
        {
            await stream.Output.WriteAsync(sent, TestContext.Current.CancellationToken);
            await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        });
        var received = new ArrayBufferWriter<byte>();
        while (true)
        {
            var result = await stream.Input.ReadAsync(TestContext.Current.CancellationToken);
            foreach (var segment in result.Buffer)
            {
                received.Write(segment.Span);
            }

            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        await sending;
        Assert.True(received.WrittenSpan.SequenceEqual(sent));
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=chat.example", key, HashAlgorithmName.SHA256);
        var now = DateTimeOffset.UtcNow;
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Gives whoever connects one answer and ends.</summary>
    private sealed class TcpListenerOfTests : IDisposable
    {
        private readonly System.Net.Sockets.TcpListener _listener = new(IPAddress.Loopback, 0);

        public TcpListenerOfTests(string answer)
        {
            _listener.Start();
            _ = AnswerAsync(answer);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose() => _listener.Dispose();

        private async Task AnswerAsync(string answer)
        {
            using var client = await _listener.AcceptTcpClientAsync();
            var request = new byte[1024];
            _ = await client.GetStream().ReadAsync(request);
            await client.GetStream().WriteAsync(System.Text.Encoding.Latin1.GetBytes(answer));
        }
    }
}

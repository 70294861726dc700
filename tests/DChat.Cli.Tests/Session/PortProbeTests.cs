using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using DChat.Cli.Session;
using DChat.Testing.Tls;

namespace DChat.Cli.Tests.Session;

public sealed class PortProbeTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Nothing_listens()
    {
        _listener.Start();
        var endpoint = (IPEndPoint)_listener.LocalEndpoint;
        _listener.Stop();

        Assert.Equal(Listener.None, await PortProbe.LookAsync(endpoint, Token));
    }

    [Fact]
    public async Task It_keeps_silent() => Assert.Equal(Listener.Silent, await LookAsync(async stream => await ReadToEndAsync(stream)));

    [Fact]
    public async Task It_hangs_up_as_a_client_port_does_on_a_stranger() =>
        Assert.Equal(Listener.HangsUp, await LookAsync(async stream => await stream.ReadExactlyAsync(new byte[4], Token)));

    [Fact]
    public async Task It_is_the_port_for_silos_when_it_begins_as_one() =>
        Assert.Equal(Listener.SiloPort, await LookAsync(stream => WriteAndReadAsync(stream, "_\0\0\0 \u0008\u0015\u0003sys.silo\u0001dchat")));

    [Fact]
    public async Task It_speaks_TLS_when_it_shows_a_certificate()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue(isSilo: true);
        _listener.Start();
        var looking = PortProbe.LookAsync((IPEndPoint)_listener.LocalEndpoint, Token);

        // The greeting is no handshake; the second connection begins with one.
        using (var first = await _listener.AcceptTcpClientAsync(Token))
        {
            await first.GetStream().ReadExactlyAsync(new byte[4], Token);
        }

        using var second = await _listener.AcceptTcpClientAsync(Token);
        await using var stream = new SslStream(second.GetStream());
        await Record.ExceptionAsync(() => stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, Token));

        Assert.Equal(Listener.Tls, await looking);
    }

    [Fact]
    public async Task It_is_libp2p_when_it_repeats_the_greeting() => Assert.Equal(Listener.Libp2pPort, await LookAsync(async stream =>
    {
        var greeting = new byte[20];
        await stream.ReadExactlyAsync(greeting, Token);
        await stream.WriteAsync(greeting, Token);
        await ReadToEndAsync(stream);
    }));

    [Fact]
    public async Task It_is_a_web_server_when_it_answers_as_one() => Assert.Equal(Listener.Http, await LookAsync(async stream =>
    {
        await stream.ReadExactlyAsync(new byte[20], Token);
        await WriteAndReadAsync(stream, "HTTP/1.1 400 Bad Request\r\n\r\n");
    }));

    [Fact]
    public async Task It_is_something_else_when_it_says_something_else() =>
        Assert.Equal(Listener.Other, await LookAsync(stream => WriteAndReadAsync(stream, "SSH-2.0-OpenSSH_9.6\r\n")));

    private async Task<Listener> LookAsync(Func<NetworkStream, Task> serve)
    {
        _listener.Start();
        var looking = PortProbe.LookAsync((IPEndPoint)_listener.LocalEndpoint, Token);
        using (var client = await _listener.AcceptTcpClientAsync(Token))
        {
            await serve(client.GetStream());
        }

        return await looking;
    }

    private static async Task WriteAndReadAsync(NetworkStream stream, string text)
    {
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(text), Token);
        await ReadToEndAsync(stream);
    }

    // A reset is an end as well: whoever leaves with bytes unread resets the connection.
    private static async Task ReadToEndAsync(NetworkStream stream)
    {
        try
        {
            await stream.CopyToAsync(Stream.Null, Token);
        }
        catch (IOException)
        {
        }
    }
}

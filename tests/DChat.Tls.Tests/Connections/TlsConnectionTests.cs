using System.Net;
using System.Net.Sockets;
using DChat.Core;
using DChat.Testing.Tls;

namespace DChat.Tls.Tests.Connections;

/// <summary>Who may come to a silo with TLS, and what those hear who may not.</summary>
public sealed class TlsConnectionTests(TlsSilo silo) : IClassFixture<TlsSilo>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_of_the_authority_is_served() =>
        Assert.Equal(1, await TlsSilo.CountSilosAsync(silo.ClientPort, silo.Authority.Client(), Cancel));

    [Fact]
    public async Task A_silo_may_be_a_client_too() =>
        Assert.Equal(1, await TlsSilo.CountSilosAsync(silo.ClientPort, silo.SiloFiles, Cancel));

    [Fact]
    public async Task The_silo_port_answers_silos_only()
    {
        Assert.True(await RawTls.IsAnsweredAsync(silo.SiloPort, silo.Authority.Issue(isSilo: true), Cancel));

        Assert.False(await RawTls.IsAnsweredAsync(silo.SiloPort, silo.Authority.Issue(isSilo: false), Cancel));
        await RefusalAsync("silo port", "its certificate is not a silo's: it lacks the name URI:dchat://silo");
    }

    [Theory]
    [InlineData("none", "it shows no certificate")]
    [InlineData("another authority", "its certificate is of another authority")]
    [InlineData("expired", "its certificate is valid from ")]
    [InlineData("for servers only", "its certificate is not for this use")]
    public async Task A_stranger_is_hung_up_on_and_the_log_says_why(string stranger, string reason)
    {
        using var other = new TestAuthority();
        using var certificate = stranger switch
        {
            "another authority" => other.Issue(isSilo: true),
            "expired" => silo.Authority.Issue(isSilo: true, TestAuthority.Now - TimeSpan.FromDays(1)),
            "for servers only" => silo.Authority.Issue(isSilo: true, null, "1.3.6.1.5.5.7.3.1"),
            _ => null,
        };

        Assert.False(await RawTls.IsAnsweredAsync(silo.SiloPort, certificate, Cancel));

        await RefusalAsync("silo port", reason);
    }

    [Fact]
    public async Task A_client_that_the_silo_does_not_accept_is_told()
    {
        using var other = new TestAuthority();
        var files = other.Client();
        var both = Path.Combine(Path.GetDirectoryName(files.Authority)!, "both.pem");
        await File.WriteAllTextAsync(both, other.Root.ExportCertificatePem() + "\n" + silo.Authority.Root.ExportCertificatePem(), Cancel);
        files.Authority = both;

        var fault = await FaultAsync(silo.ClientPort, files);

        Assert.Equal(TlsCodes.Rejected, fault.Code);
        Assert.StartsWith($"{silo.ClientPort} hung up after the handshake of TLS", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"it does not accept the certificate of {files.Certificate}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_does_not_accept_a_silo_of_another_authority()
    {
        using var other = new TestAuthority();

        var fault = await FaultAsync(silo.ClientPort, other.Client());

        Assert.Equal(TlsCodes.PeerRefused, fault.Code);
        Assert.Equal($"The certificate that {silo.ClientPort} shows is of another authority (the authority is {other.Path}).", fault.Message);
    }

    [Fact]
    public async Task An_expired_certificate_is_named_before_anything_is_dialed()
    {
        var files = silo.Authority.Write("expired", silo.Authority.Issue(isSilo: false, TestAuthority.Now - TimeSpan.FromDays(1)));

        var fault = await FaultAsync(silo.ClientPort, files);

        Assert.Equal(TlsCodes.Unusable, fault.Code);
        Assert.StartsWith($"{files.Certificate} cannot be used for TLS: its certificate is valid from ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_without_TLS_is_told_that_it_may_need_it()
    {
        var fault = await FaultAsync(silo.ClientPort, files: null);

        Assert.Equal(TlsCodes.Required, fault.Code);
        Assert.StartsWith($"{silo.ClientPort} hung up before it said who it is: it demands TLS", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_with_TLS_is_told_that_a_silo_has_none()
    {
        var fault = await FaultAsync(silo.PlainClientPort, silo.Authority.Client());

        Assert.Equal(TlsCodes.NotSpoken, fault.Code);
        Assert.Contains("it speaks no TLS", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_connections_show_a_renewed_certificate_and_are_served()
    {
        var renewed = silo.Authority.Issue(isSilo: true);
        silo.Authority.Write("silo", renewed);
        Assert.NotEqual(renewed, await RawTls.ShownAsync(silo.ClientPort, Cancel));

        silo.Source.Look();

        Assert.Equal(renewed, await RawTls.ShownAsync(silo.ClientPort, Cancel));
        Assert.Equal(1, await TlsSilo.CountSilosAsync(silo.ClientPort, silo.Authority.Client(), Cancel));
    }

    [Fact]
    public async Task Who_keeps_silent_in_the_handshake_is_hung_up_on()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(silo.ClientPort, Cancel);

        Assert.Equal(0, await EndAsync(socket));
    }

    private static async Task<int> EndAsync(TcpClient socket)
    {
        try
        {
            return await socket.GetStream().ReadAsync(new byte[1], Cancel).AsTask().WaitAsync(Patience, Cancel);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static async Task<DChatException> FaultAsync(IPEndPoint endpoint, TlsFiles? files) =>
        await Assert.ThrowsAsync<DChatException>(() => TlsSilo.CountSilosAsync(endpoint, files, Cancel).WaitAsync(Patience, Cancel));

    // Who was hung up on may know before the log does.
    private Task<string> RefusalAsync(string port, string reason) => silo.Log.WaitForAsync(
        line => line.Contains($" at the {port}: {reason}", StringComparison.Ordinal), Patience, Cancel);
}

using System.Net;
using DChat.Core.Topics;
using DChat.Testing;
using DChat.Testing.Processes;
using DChat.Testing.Tls;
using DChat.Tls;

namespace DChat.EndToEnd.Tests.Silo;

/// <summary>Two silos, the command line and the SDK as their users start them, all with certificates.</summary>
public sealed class TlsTests : IDisposable
{
    private const string Network = "dchat-dev";

    private readonly TestAuthority _authority = new();
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task A_cluster_with_TLS_serves_who_has_a_certificate_and_tells_others_why_not()
    {
        var (silo, client) = (_authority.Silo(), _authority.Client());
        var settings = Silos.In(_folder["data"]) with { Arguments = ["--role", "edge", .. Arguments(silo)] };
        await using var edge = await SiloProcess.StartAsync(settings, Cancel);
        await using var core = await SiloProcess.StartAsync(
            Silos.In(_folder["data"]) with { Arguments = ["--role", "core", "--primary", $"127.0.0.1:{edge.Settings.SiloPort}", .. Arguments(silo)] },
            Cancel);

        await using (var send = Dchat(edge, [.. Arguments(client), "send", "general", "hello"]))
        {
            Assert.True(await send.WaitForExitAsync(Cancel) == 0, send.Describe("did not send"));
        }

        await using (var sdk = await ExternalClient.ConnectAsync(edge.Settings, options => options.Tls = client, Cancel))
        {
            var page = await sdk.DChat.FetchAsync(Topic.Public(Network, "general"), null, limit: 1, Cancel);
            Assert.Equal("hello", page.Messages.Single().GetText());
        }

        await using (var plain = Dchat(edge, ["fetch", "general"]))
        {
            Assert.Equal(1, await plain.WaitForExitAsync(Cancel));
            Assert.Contains("speaks TLS", Assert.Single(plain.Errors), StringComparison.Ordinal);
        }

        using var other = new TestAuthority();
        await using (var stranger = Dchat(edge, [.. Arguments(other.Client()), "fetch", "general"]))
        {
            Assert.Equal(1, await stranger.WaitForExitAsync(Cancel));
            Assert.Contains("is of another authority", Assert.Single(stranger.Errors), StringComparison.Ordinal);
        }

        using var http = new HttpClient { BaseAddress = core.Settings.AdminAddress };
        Assert.Contains("\"tls\":\"ok\"", await http.GetStringAsync("/health/ready", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_no_silo_would_accept_ends_the_start()
    {
        var client = _authority.Client();
        await using var process = (Silos.In(_folder["data"]) with { Arguments = Arguments(client) }).Start();

        Assert.Equal(3, await process.WaitForExitAsync(Cancel));

        Assert.Equal(
            $"dchat-silo: tls-unusable: {client.Certificate} cannot be used for TLS: its certificate is not a silo's: it lacks the name URI:dchat://silo.",
            Assert.Single(process.Errors));
        Assert.False(Directory.Exists(_folder["data"]));
    }

    private static string[] Arguments(TlsFiles files) =>
        ["--tls-certificate", files.Certificate!, "--tls-key", files.Key!, "--tls-authority", files.Authority!];

    private ChildProcess Dchat(SiloProcess silo, string[] arguments) => ChildProcess.Start(
        BuiltProgram.PathOf("DChat.Cli"), ["--silo", new IPEndPoint(IPAddress.Loopback, silo.Settings.ClientPort).ToString(), "--home", _folder["home"], .. arguments]);
}

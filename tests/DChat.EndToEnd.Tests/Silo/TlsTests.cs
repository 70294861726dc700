using System.Net;
using System.Security.Cryptography.X509Certificates;
using DChat.Client;
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
            await AssertDeliversAsync(sdk.DChat);
            Assert.DoesNotContain(edge.Process.Output, line => line.Contains("poses as", StringComparison.Ordinal));
        }

        await using (var plain = Dchat(edge, ["--json", "fetch", "general"]))
        {
            Assert.Equal(1, await plain.WaitForExitAsync(Cancel));
            Assert.StartsWith("{\"error\":\"tls-required\",", Assert.Single(plain.Errors), StringComparison.Ordinal);
            Assert.Contains("speaks TLS", plain.Errors[0], StringComparison.Ordinal);
        }

        using var other = new TestAuthority();
        await using (var stranger = Dchat(edge, [.. Arguments(other.Client()), "--json", "fetch", "general"]))
        {
            Assert.Equal(1, await stranger.WaitForExitAsync(Cancel));
            Assert.StartsWith("{\"error\":\"tls-peer-refused\",", Assert.Single(stranger.Errors), StringComparison.Ordinal);
            Assert.Contains("is of another authority", stranger.Errors[0], StringComparison.Ordinal);
        }

        using var http = new HttpClient { BaseAddress = core.Settings.AdminAddress };
        Assert.Contains("\"tls\":\"ok\"", await http.GetStringAsync("/health/ready", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silos_take_certificates_of_a_new_authority_while_they_run_and_keep_what_they_have_when_files_are_garbage()
    {
        using var next = new TestAuthority();
        var files = _authority.Silo();
        files.Authority = _folder["authorities.pem"];
        File.Copy(_authority.Path, files.Authority);
        var settings = Silos.In(_folder["data"]) with { Arguments = ["--role", "edge", .. Arguments(files)] };
        await using var edge = await SiloProcess.StartAsync(settings, Cancel);
        await using var core = await SiloProcess.StartAsync(
            Silos.In(_folder["data"]) with { Arguments = ["--role", "core", "--primary", $"127.0.0.1:{edge.Settings.SiloPort}", .. Arguments(files)] },
            Cancel);
        var before = await File.ReadAllTextAsync(files.Certificate!, Cancel);

        await File.WriteAllTextAsync(files.Certificate!, "garbage", Cancel);
        await BothSayAsync(edge, core, $"{files.Certificate} cannot be used for TLS: it holds no certificate in PEM. The certificate read before stays in use.");
        await AssertServesAsync(edge, _authority.Client(), "general", "kept");

        await File.WriteAllTextAsync(files.Certificate!, before, Cancel);
        await File.AppendAllTextAsync(files.Authority, "\n" + next.Root.ExportCertificatePem(), Cancel);
        var renewed = next.Issue(isSilo: true);
        await File.WriteAllTextAsync(files.Key!, renewed.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), Cancel);
        await File.WriteAllTextAsync(files.Certificate!, renewed.ExportCertificatePem(), Cancel);
        await BothSayAsync(edge, core, $"New connections use the new certificate of {files.Certificate}, which ends at {new DateTimeOffset(renewed.NotAfter.ToUniversalTime()):u}");
        await AssertServesAsync(edge, next.Client(), "general", "renewed");

        // A new connection of silos, by the new certificate on both sides.
        Assert.Equal(0, await core.StopAsync(Cancel));
        await core.RestartAsync(Cancel);
        await AssertServesAsync(edge, next.Client(), "general", "restarted");
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

    // Streams come from a part of a silo that calls the client.
    private static async Task AssertDeliversAsync(IDChatClient client)
    {
        var topic = Topic.Public(Network, "streamed");
        await using var messages = client.SubscribeAsync(topic, new SubscribeOptions { Start = StartPosition.Beginning }, Cancel).GetAsyncEnumerator(Cancel);
        for (var i = 0; i < 3; i++)
        {
            await client.PublishAsync(topic, $"message {i}", cancellationToken: Cancel);
            Assert.True(await messages.MoveNextAsync().AsTask().WaitAsync(ChildProcess.Patience, Cancel));
        }
    }

    private static async Task BothSayAsync(SiloProcess one, SiloProcess other, string text)
    {
        foreach (var silo in new[] { one, other })
        {
            await silo.Process.WaitForLineAsync(line => line.Contains(text, StringComparison.Ordinal), Cancel);
        }
    }

    private static string[] Arguments(TlsFiles files) =>
        ["--tls-certificate", files.Certificate!, "--tls-key", files.Key!, "--tls-authority", files.Authority!];

    private async Task AssertServesAsync(SiloProcess silo, TlsFiles client, string topic, string text)
    {
        await using var send = Dchat(silo, [.. Arguments(client), "send", topic, text]);
        Assert.True(await send.WaitForExitAsync(Cancel) == 0, $"{send.Describe("did not send")}\n{silo.Process.Describe("is the silo")}");
        await using var fetch = Dchat(silo, [.. Arguments(client), "fetch", topic]);
        Assert.True(await fetch.WaitForExitAsync(Cancel) == 0, fetch.Describe("did not fetch"));
        Assert.Contains(text, fetch.Output[^1], StringComparison.Ordinal);
    }

    private ChildProcess Dchat(SiloProcess silo, string[] arguments) => ChildProcess.Start(
        BuiltProgram.PathOf("DChat.Cli"), ["--silo", new IPEndPoint(IPAddress.Loopback, silo.Settings.ClientPort).ToString(), "--home", _folder["home"], .. arguments]);
}

using System.Diagnostics;
using DChat.Testing;
using DChat.Tls.Certificates;

namespace DChat.Tls.Tests.Certificates;

public sealed class OpensslTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LinesOfLog _log = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_commands_of_the_readme_make_certificates_that_are_taken()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "DChat.Silo.README.md"), Cancel);
        var commands = readme.Split("## TLS\n")[1].Split("```sh\n")[1].Split("```")[0];
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-e"])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        await shell.StandardInput.WriteAsync(commands);
        shell.StandardInput.Close();
        var errors = await shell.StandardError.ReadToEndAsync(Cancel);
        await shell.WaitForExitAsync(Cancel);
        Assert.True(shell.ExitCode == 0, errors);

        using var silo = new TlsSource(Files("silo"), PeerRole.Silo, TimeProvider.System, _log);
        using var client = new TlsSource(Files("client"), PeerRole.Any, TimeProvider.System, _log);

        Assert.True(SiloMark.IsOn(silo.Current.Certificate));
        Assert.False(SiloMark.IsOn(client.Current.Certificate));
        Assert.Null(silo.Problem);
    }

    private TlsFiles Files(string name) => new() { Certificate = _folder[$"{name}.pem"], Key = _folder[$"{name}.key"], Authority = _folder["authority.pem"] };
}

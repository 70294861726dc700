using System.Text;
using System.Text.Json;
using DChat.Cli.Session;
using DChat.Client;
using DChat.Client.Devices;
using DChat.Client.Tests.Fakes;
using DChat.Testing;

namespace DChat.Cli.Tests.Fakes;

/// <summary>Runs command lines as one user, against a cluster in memory.</summary>
internal sealed class CliRun : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    /// <summary>The user's home directory, and a place for other files.</summary>
    public TemporaryFolder Folder { get; } = new();

    /// <summary>Which of the user's home directories is used.</summary>
    public string Home { get; set; } = "home";

    public FakeCluster Cluster { get; } = new();

    /// <summary>The clock of the command line and of its client.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How the client behaves.</summary>
    public DChatClientOptions Options { get; } = new() { RetryTimeout = TimeSpan.Zero };

    /// <summary>What standard input has; null when it is closed.</summary>
    public byte[]? Input { get; set; } = [];

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    /// <summary>The objects on standard output.</summary>
    public List<JsonElement> Lines => Parse(Output);

    /// <summary>The objects on standard error.</summary>
    public List<JsonElement> ErrorLines => Parse(Error);

    public async Task<int> RunAsync(params string[] words)
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        return await App(_output, _error).RunAsync(["--home", Folder[Home], .. words], TestContext.Current.CancellationToken);
    }

    public CliApp App(TextWriter output, TextWriter error) => new(ConnectAsync, Time, Input is null ? null : new MemoryStream(Input), output, error);

    public void UseInput(string text) => Input = Encoding.UTF8.GetBytes(text);

    public void Dispose()
    {
        Folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    private Task<CliSession> ConnectAsync(CliSettings settings, CancellationToken cancellationToken)
    {
        var home = DChatHome.Open(settings.Home);
        var client = new TestClient(Cluster, home, Time, Options);
        return Task.FromResult(new CliSession(home, client.Api, client.Devices, client.Operator, client));
    }

    private static List<JsonElement> Parse(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
}

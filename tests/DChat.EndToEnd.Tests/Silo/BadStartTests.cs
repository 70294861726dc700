using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Silo;

/// <summary>A silo that cannot start says why in one line of standard error and by its exit code, and shows no stack.</summary>
[Collection(nameof(RunningSilo))]
public sealed class BadStartTests(RunningSilo silo, UsedData used) : IClassFixture<UsedData>, IDisposable
{
    private const int BadConfiguration = 2;
    private const int CannotStart = 3;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--listen", "/ip4/127.0.0.1/udp/4001/quic-v1")]
    [InlineData("--shard-bits", "13")]
    [InlineData("--bootstrap", "/ip4/127.0.0.1/tcp/4001")]
    public async Task A_bad_argument_ends_the_start_before_a_file_is_made(string option, string value)
    {
        await AssertFailsAsync(Settings() with { Libp2p = null, Arguments = [option, value] }, BadConfiguration, "DChat:", value);

        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public async Task A_bad_environment_variable_is_named_by_its_key()
    {
        var unknown = Settings() with { Environment = new Dictionary<string, string?> { ["DCHAT__FROBNICATE"] = "1" } };

        await AssertFailsAsync(unknown, BadConfiguration, "DChat:FROBNICATE is not an option; --help lists them.");
    }

    [Theory]
    [InlineData("DChat:SiloPort")]
    [InlineData("DChat:ClientPort")]
    [InlineData("DChat:AdminEndpoint")]
    [InlineData("DChat:Libp2p:Listen")]
    public async Task A_port_that_is_taken_is_named_with_its_option(string option)
    {
        using var listener = new TcpListener(IPAddress.Loopback, LoopbackPorts.Take());
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var settings = option switch
        {
            "DChat:SiloPort" => Settings() with { SiloPort = port },
            "DChat:ClientPort" => Settings() with { ClientPort = port },
            "DChat:Libp2p:Listen" => Settings() with { Libp2p = string.Create(CultureInfo.InvariantCulture, $"/ip4/127.0.0.1/tcp/{port}") },
            _ => Settings() with { AdminPort = port },
        };

        await AssertFailsAsync(
            settings, CannotStart, $"port-in-use: {option} is 127.0.0.1:{port}, which cannot be listened on: Address already in use.", "Choose another with --");
    }

    [Fact]
    public async Task An_address_that_is_not_the_machines_is_named_with_its_option()
    {
        // TEST-NET-1 of RFC 5737: no machine has it.
        await using var process = ChildProcess.Start(Silos.Assembly, ["--data", _folder["data"], "--http", "192.0.2.1:8080"]);

        await AssertFailsAsync(process, CannotStart, "port-unusable: DChat:AdminEndpoint is 192.0.2.1:8080, which cannot be listened on: ");
    }

    [Fact]
    public async Task A_second_silo_on_the_same_data_is_turned_away_and_the_first_goes_on()
    {
        await AssertFailsAsync(Silos.In(silo.DataDirectory), CannotStart, "log-locked: ", silo.DataDirectory);

        Assert.Contains("\"status\":\"ok\"", await silo.Http.GetStringAsync("/health/ready", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_directory_that_is_a_file_is_named()
    {
        await File.WriteAllTextAsync(_folder["data"], "", Cancel);

        await AssertFailsAsync(
            Settings(),
            CannotStart,
            $"log-unwritable: The data directory {_folder["data"]} cannot be used: ",
            "is a file, and a directory belongs there. If need be, choose another directory with --data.");
    }

    [Theory]
    [InlineData("log.json")]
    [InlineData("wal/00000001.wal")]
    public async Task A_damaged_log_is_named_with_its_file(string name)
    {
        used.CopyTo(_folder["data"]);

        var path = Path.Combine(_folder["data"], name);
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        bytes.AsSpan().Fill((byte)'?');
        await File.WriteAllBytesAsync(path, bytes, Cancel);

        await AssertFailsAsync(Settings(), CannotStart, "log-corrupt: ", path);
    }

    [Fact]
    public async Task A_log_of_another_network_is_named()
    {
        used.CopyTo(_folder["data"]);

        var other = Settings() with { Arguments = ["--network", "other"] };

        await AssertFailsAsync(other, CannotStart, "log-mismatch: ", _folder["data"]);
    }

    [Fact]
    public async Task A_damaged_state_database_is_named()
    {
        Directory.CreateDirectory(_folder["data"]);
        await File.WriteAllTextAsync(_folder["data/state.db"], new string('?', 8192), Cancel);

        await AssertFailsAsync(Settings(), CannotStart, "state-corrupt: ", _folder["data/state.db"]);
    }

    [Fact]
    public async Task Debug_logging_shows_the_stack_of_a_failed_start()
    {
        Directory.CreateDirectory(_folder["data"]);
        await File.WriteAllTextAsync(_folder["data/state.db"], new string('?', 8192), Cancel);
        await using var process = (Settings() with { Arguments = ["--log-level", "Debug"] }).Start();

        Assert.Equal(CannotStart, await process.WaitForExitAsync(Cancel));

        Assert.Contains(process.Errors, line => line.StartsWith("   at ", StringComparison.Ordinal));
    }

    private SiloSettings Settings() => Silos.In(_folder["data"]);

    private static async Task AssertFailsAsync(SiloSettings settings, int exitCode, string start, string? mention = null)
    {
        await using var process = settings.Start();
        await AssertFailsAsync(process, exitCode, start, mention);
    }

    private static async Task AssertFailsAsync(ChildProcess process, int exitCode, string start, string? mention = null)
    {
        var actual = await process.WaitForExitAsync(Cancel);

        Assert.True(actual == exitCode, process.Describe($"ended with {actual}, not {exitCode}"));
        var line = Assert.Single(process.Errors);
        Assert.StartsWith($"dchat-silo: {start}", line, StringComparison.Ordinal);
        Assert.Contains(mention ?? "", line, StringComparison.Ordinal);
        Assert.DoesNotContain(process.Output, entry => entry.Contains("   at ", StringComparison.Ordinal));
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Silo;

/// <summary>A silo that cannot start says why in one line of standard error and by its exit code, and shows no stack.</summary>
public sealed class BadStartTests : IDisposable
{
    private const int BadConfiguration = 2;
    private const int CannotStart = 3;
    private const string AnEndpoint = "it must be an IP address and a port of 1 to 65535, such as 127.0.0.1:8080.";

    private const string AName = "1 to 32 of a-z, 0-9 and '-', starting and ending with a letter or digit.";

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> BadArguments => new()
    {
        { "--frobnicate 1", "--frobnicate is not an option; --help lists them." },
        { "data", "data is not an option; --help lists them." },
        { "--DChat:Frobnicate 1", "--DChat:Frobnicate is not an option; --help lists them." },
        { "--shard-bits", "--shard-bits needs a value: 0–12." },
        { "--shard-bits --help", "--shard-bits needs a value: 0–12." },
        { "--shard-bits 3 --DChat:ShardBits=4", "--DChat:ShardBits is given twice." },
        { "--shard-bits 13", "DChat:ShardBits is 13; it must be 0 to 12." },
        { "--shard-bits many", "DChat:ShardBits is 'many'; it must be 0–12." },
        { "--network a/b", "DChat:Network is a/b; it must be 1 to 32 of a-z, 0-9, '-', '.' and '_', starting with a letter or digit." },
        { "--listen 127.0.0.1:4001", "DChat:Libp2p:Listen is '127.0.0.1:4001'; it must be multiaddrs such as /ip4/127.0.0.1/tcp/4001, with commas between." },
        { "--announce nonsense", "DChat:Libp2p:Announce is 'nonsense'; it must be at most 16 multiaddrs with commas between." },
        { "--DChat:Libp2p:MaxConnections 7", "DChat:Libp2p:MaxConnections is 7; it must be 8 to 65536." },
        { "--shutdown-timeout 00:00:00", "DChat:ShutdownTimeout is 00:00:00; it must be 00:00:01 to 00:10:00." },
        { "--role relay", "DChat:Role is 'relay'; it must be core, edge or all." },
        { "--role 0", "DChat:Role is 0; it must be core, edge or all." },
        { "--name Edge", $"DChat:Name is 'Edge'; it must be {AName}" },
        { "--name edge-", $"DChat:Name is 'edge-'; it must be {AName}" },
        { "--name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", $"DChat:Name is 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'; it must be {AName}" },
        { "--primary 192.0.2.1:11111", "DChat:Primary is 192.0.2.1:11111; it must be 127.0.0.1 and a port of 1 to 65535, such as 127.0.0.1:11111." },
        { "--primary 11111", "DChat:Primary is 11111; it must be 127.0.0.1 and a port of 1 to 65535, such as 127.0.0.1:11111." },
        { "--log-level Loud", "DChat:LogLevel is 'Loud'; it must be Trace, Debug, Information, Warning, Error, Critical or None." },
        { "--DChat:Log:SegmentBytes 65535", "DChat:Log:SegmentBytes is 65535; it must be 65536 to 1073741824 bytes." },
        { "--DChat:Gossip:HeartbeatPeriod 00:00:00", "DChat:Gossip:HeartbeatPeriod is 00:00:00; it must be 00:00:00.1000000 to 00:01:00." },
        { "--DChat:Admission:Author:Burst=59", "DChat:Admission:Author.Burst is 59; it must be 60 to 10000000." },
    };

    [Theory]
    [MemberData(nameof(BadArguments))]
    public async Task A_bad_argument_is_named_with_what_it_must_be(string arguments, string line) =>
        await AssertFailsAsync(Settings() with { Libp2p = null, Arguments = arguments.Split(' ') }, BadConfiguration, line);

    [Theory]
    [InlineData(0, 30000, "127.0.0.1:8080", "DChat:SiloPort is 0; it must be 1 to 65535.")]
    [InlineData(65536, 30000, "127.0.0.1:8080", "DChat:SiloPort is 65536; it must be 1 to 65535.")]
    [InlineData(11111, -1, "127.0.0.1:8080", "DChat:ClientPort is -1; it must be 1 to 65535.")]
    [InlineData(11111, 11111, "127.0.0.1:8080", "DChat:ClientPort is 11111; it must be another port than SiloPort.")]
    [InlineData(11111, 30000, "8080", $"DChat:AdminEndpoint is 8080; {AnEndpoint}")]
    [InlineData(11111, 30000, "localhost:8080", $"DChat:AdminEndpoint is localhost:8080; {AnEndpoint}")]
    [InlineData(11111, 30000, "127.0.0.1:0", $"DChat:AdminEndpoint is 127.0.0.1:0; {AnEndpoint}")]
    public async Task A_bad_endpoint_is_named_with_what_it_must_be(int silo, int gateway, string admin, string line)
    {
        await using var process = ChildProcess.Start(
            Silos.Assembly, ["--data", _folder["data"], "--silo-port", $"{silo}", "--client-port", $"{gateway}", "--http", admin]);

        await AssertFailsAsync(process, BadConfiguration, line);
    }

    [Fact]
    public async Task A_bad_environment_variable_is_named_by_its_key()
    {
        var environment = new Dictionary<string, string?> { ["DCHAT__DATADIRECTORY"] = " " };
        await using var process = ChildProcess.Start(Silos.Assembly, [], environment);
        await AssertFailsAsync(process, BadConfiguration, "DChat:DataDirectory is ' '; it must be a path on a local disk.");

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
            settings, CannotStart, $"port-in-use: {option} is 127.0.0.1:{port}, which cannot be listened on: Address already in use.");
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
        await using var first = await SiloProcess.StartAsync(Settings(), Cancel);

        await AssertFailsAsync(Settings(), CannotStart, "log-locked: ", first.Settings.DataDirectory);

        using var http = new HttpClient { BaseAddress = first.Settings.AdminAddress };
        Assert.Contains("\"status\":\"ok\"", await http.GetStringAsync("/health/ready", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_directory_that_is_a_file_is_named()
    {
        await File.WriteAllTextAsync(_folder["data"], "", Cancel);

        await AssertFailsAsync(Settings(), CannotStart, "log-", _folder["data"]);
    }

    [Theory]
    [InlineData("log.json")]
    [InlineData("wal/00000001.wal")]
    public async Task A_damaged_log_is_named_with_its_file(string name)
    {
        await using (var silo = await SiloProcess.StartAsync(Settings(), Cancel))
        {
            Assert.Equal(0, await silo.StopAsync(Cancel));
        }

        var path = Path.Combine(_folder["data"], name);
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        bytes.AsSpan().Fill((byte)'?');
        await File.WriteAllBytesAsync(path, bytes, Cancel);

        await AssertFailsAsync(Settings(), CannotStart, "log-corrupt: ", path);
    }

    [Fact]
    public async Task A_log_of_another_network_is_named()
    {
        await using (var silo = await SiloProcess.StartAsync(Settings(), Cancel))
        {
            Assert.Equal(0, await silo.StopAsync(Cancel));
        }

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

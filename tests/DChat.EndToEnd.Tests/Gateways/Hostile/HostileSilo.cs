using System.Globalization;
using DChat.EndToEnd.Tests.Silo;
using DChat.Libp2p.Addresses;
using DChat.Testing;
using DChat.Testing.Clusters;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Gateways.Hostile;

/// <summary>The one silo that every attack of the class is run against, with what it shows of itself.</summary>
public sealed class HostileSilo : IAsyncLifetime
{
    /// <summary>What a caller, an author or a topic may use at once, in KiB; then one tenth of it a second.</summary>
    public const int Burst = 20_000;

    /// <summary>The least that can be configured: what hostile peers may hold of it must not be what the honest need.</summary>
    public const int MaxPushBytes = 8 * 1024 * 1024;

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();
    private SiloProcess? _silo;

    public Multiaddr Address => _silo!.Libp2pAddress();

    /// <summary>Memory in use now, in MiB (VmRSS).</summary>
    public double ResidentMiB => StatusMiB("VmRSS:");

    /// <summary>The most memory used since <see cref="ForgetPeak"/>, in MiB (VmHWM).</summary>
    public double PeakMiB => StatusMiB("VmHWM:");

    private string ProcFolder => string.Create(CultureInfo.InvariantCulture, $"/proc/{_silo!.Process.Id}");

    public async ValueTask InitializeAsync()
    {
        _silo = await SiloProcess.StartAsync(
            Silos.In(_folder["data"]) with
            {
                Environment = new Dictionary<string, string?>
                {
                    // Memory then follows what is held and not how much garbage the collector likes to let lie; and whoever
                    // would hold more than the limit ends the process, and with it the test.
                    ["DOTNET_GCgen0size"] = "0x2000000",
                    ["DOTNET_GCHeapHardLimit"] = "0x14000000",
                },
                Arguments =
                [
                    "--network", TestCluster.Network.Network,
                    .. Quota("Author"),
                    .. Quota("Topic"),
                    .. Quota("Source"),
                    .. Quota("Network"),
                    string.Create(CultureInfo.InvariantCulture, $"--DChat:Libp2p:MaxPushBytes={MaxPushBytes}"),
                ],
            },
            TestContext.Current.CancellationToken);
        _http.BaseAddress = _silo.Settings.AdminAddress;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_silo is not null)
        {
            await _silo.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>The peak is from now on that of what comes (proc(5), clear_refs).</summary>
    public void ForgetPeak() => File.WriteAllText($"{ProcFolder}/clear_refs", "5");

    /// <summary>The sum of a metric's series that carry all labels, such as <c>verdict="reject"</c>.</summary>
    public async Task<double> MetricAsync(string name, params string[] labels)
    {
        var metrics = await _http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        return metrics.Split('\n')
            .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
            .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until a counter has grown to a value.</summary>
    public async Task WaitForMetricAsync(double least, string name, params string[] labels)
    {
        var patience = Task.Delay(ChildProcess.Patience, TestContext.Current.CancellationToken);
        var value = await MetricAsync(name, labels);
        while (value < least)
        {
            Assert.False(patience.IsCompleted, _silo!.Process.Describe($"has {name} {string.Join(' ', labels)} at {value}, not {least}"));
            value = await MetricAsync(name, labels);
        }
    }

    /// <summary>It runs, is ready, and has printed no warning of ours, no error and nothing unhandled.</summary>
    public async Task AssertWellAsync()
    {
        using var health = await _http.GetAsync("/health/ready", TestContext.Current.CancellationToken);
        var report = await health.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(
            health.IsSuccessStatusCode && _silo!.Process.Errors.Count == 0 && !_silo.Process.Output.Any(IsComplaint),
            _silo!.Process.Describe($"is not well: {report}"));
    }

    private static bool IsComplaint(string line) =>
        line.Contains(" warn: DChat.", StringComparison.Ordinal)
        || line.Contains(" fail: ", StringComparison.Ordinal)
        || line.Contains(" crit: ", StringComparison.Ordinal)
        || line.Contains("nhandled", StringComparison.Ordinal);

    private static IEnumerable<string> Quota(string of) =>
    [
        string.Create(CultureInfo.InvariantCulture, $"--DChat:Admission:{of}:TokensPerSecond={Burst / 10}"),
        string.Create(CultureInfo.InvariantCulture, $"--DChat:Admission:{of}:Burst={Burst}"),
    ];

    private double StatusMiB(string name)
    {
        var line = File.ReadLines($"{ProcFolder}/status").Single(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) / 1024.0;
    }
}

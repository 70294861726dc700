using DChat.Benchmarks;
using DChat.Benchmarks.Backbone;
using DChat.Benchmarks.Gateway;
using DChat.Benchmarks.Libp2p;

// dotnet run -c Release --project tests/DChat.Benchmarks -- <suite> [--json]
var json = args.Contains("--json");
if (args is [RecoveryFigures.FillCommand, var directory])
{
    await RecoveryFigures.FillAsync(directory);
    return 0;
}

var suites = new Dictionary<string, Func<BenchmarkReport, Task>>
{
    ["backbone"] = BackboneSuite.RunAsync,
    ["libp2p"] = Libp2pSuite.RunAsync,
    ["gateway"] = GatewaySuite.RunAsync,
};

if (args.FirstOrDefault(arg => !arg.StartsWith('-')) is not { } name || !suites.TryGetValue(name, out var run))
{
    Console.Error.WriteLine($"usage: DChat.Benchmarks <suite> [--json]; suites: {string.Join(", ", suites.Keys)}");
    return 2;
}

var report = new BenchmarkReport(json);
report.Begin();
await run(report);
return 0;

using System.Globalization;
using DChat.Benchmarks;
using DChat.Benchmarks.Backbone;
using DChat.Benchmarks.Gateway;
using DChat.Benchmarks.Idle;
using DChat.Benchmarks.Libp2p;
using DChat.Benchmarks.Storage;
using DChat.Benchmarks.Sync;

// dotnet run -c Release --project tests/DChat.Benchmarks -- <suite> [--json] [--against DIR [--rounds N]]
if (args is [RecoveryFigures.FillCommand, var directory, var messages])
{
    await RecoveryFigures.FillAsync(directory, int.Parse(messages, CultureInfo.InvariantCulture));
    return 0;
}

var suites = new Dictionary<string, Func<BenchmarkReport, Task>>
{
    ["backbone"] = BackboneSuite.RunAsync,
    ["libp2p"] = Libp2pSuite.RunAsync,
    ["gateway"] = GatewaySuite.RunAsync,
    ["attack"] = GatewaySuite.RunAttackAsync,
    ["idle"] = IdleSuite.RunAsync,
    ["storage"] = StorageSuite.RunAsync,
    ["sync"] = SyncSuite.RunAsync,
};

if (BenchmarkArguments.TryParse(args) is not { } arguments || !suites.TryGetValue(arguments.Suite, out var run))
{
    Console.Error.WriteLine(
        $"usage: DChat.Benchmarks <suite> [--json] [--against DIR [--rounds N]]; suites: {string.Join(", ", suites.Keys)}");
    return 2;
}

if (arguments.Against is not null)
{
    return await Comparison.RunAsync(arguments);
}

var report = new BenchmarkReport(arguments.IsJson);
report.Begin();
await run(report);
return 0;

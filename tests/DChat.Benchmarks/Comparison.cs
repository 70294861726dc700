using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace DChat.Benchmarks;

/// <summary>
/// This build beside that of another checkout: each runs the whole suite in a process of its own, in turn, and medians are
/// compared. The build that goes first changes from round to round, so that a machine which slows down favours neither.
/// </summary>
internal static class Comparison
{
    private const string BuiltAssembly = "artifacts/bin/DChat.Benchmarks/release/DChat.Benchmarks.dll";

    /// <summary>Runs both and prints a figure a line; returns the exit code.</summary>
    public static async Task<int> RunAsync(BenchmarkArguments arguments)
    {
        var other = Path.GetFullPath(Path.Combine(arguments.Against!, BuiltAssembly));
        if (!File.Exists(other))
        {
            await Console.Error.WriteLineAsync(
                $"{other} is missing; run: (cd {arguments.Against} && dotnet build -c Release tests/DChat.Benchmarks)");
            return 2;
        }

        List<Figure> ours = [], theirs = [];
        for (var round = 1; round <= arguments.Rounds; round++)
        {
            (string Assembly, List<Figure> Figures)[] turns = [(typeof(Comparison).Assembly.Location, ours), (other, theirs)];
            foreach (var (assembly, figures) in round % 2 == 0 ? turns.Reverse() : turns)
            {
                await Console.Error.WriteLineAsync($"round {round} of {arguments.Rounds}: {(figures == ours ? "this build" : "the other build")}");
                figures.AddRange(await MeasureAsync(assembly, arguments.Suite));
            }
        }

        Print(arguments, ours, theirs);
        return 0;
    }

    private static async Task<List<Figure>> MeasureAsync(string assembly, string suite)
    {
        using var run = Process.Start(new ProcessStartInfo("dotnet", [assembly, suite, "--json"]) { RedirectStandardOutput = true })!;
        List<Figure> figures = [];
        while (await run.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith('{'))
            {
                figures.Add(JsonSerializer.Deserialize<Figure>(line, JsonSerializerOptions.Web)!);
            }
        }

        await run.WaitForExitAsync();
        return run.ExitCode == 0 ? figures : throw new InvalidOperationException($"{assembly} {suite} ended with {run.ExitCode}.");
    }

    private static void Print(BenchmarkArguments arguments, List<Figure> ours, List<Figure> theirs)
    {
        if (!arguments.IsJson)
        {
            Console.WriteLine($"{"figure",-28} {"this",14} {"other",14} {"this/other",10} {"unit",-14} {"ratio",8} {"other's",8}  {"goal",-14} peer");
        }

        foreach (var figure in ours.Concat(theirs).DistinctBy(figure => figure.Name))
        {
            var (value, before) = (Median(ours, figure.Name, each => each.Value), Median(theirs, figure.Name, each => each.Value));
            var (ratio, ratioBefore) = (Median(ours, figure.Name, each => each.Ratio), Median(theirs, figure.Name, each => each.Ratio));
            Console.WriteLine(arguments.IsJson
                ? JsonSerializer.Serialize(new { name = figure.Name, value, before, change = value / before, unit = figure.Unit, ratio, ratioBefore, goal = figure.Goal, peer = figure.Peer })
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{figure.Name,-28} {value,14:N3} {before,14:N3} {value / before,10:0.000} {figure.Unit,-14} {ratio,8:0.000} {ratioBefore,8:0.000}  {figure.Goal,-14} {figure.Peer}"));
        }
    }

    /// <summary>The median of a figure over all rounds; null where a build does not have it.</summary>
    private static double? Median(List<Figure> figures, string name, Func<Figure, double?> part)
    {
        double[] values = [.. figures.Where(figure => figure.Name == name).Select(part).OfType<double>()];
        return values.Length == 0 ? null : Quantiles.Median(values);
    }

    private sealed record Figure(string Name, double Value, string Unit, string? Goal, string? Peer, double? Ratio);
}

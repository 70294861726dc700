using System.Globalization;
using System.Text.Json;

namespace DChat.Benchmarks;

/// <summary>Prints figures as they are measured: a table for people, or one JSON object a line.</summary>
public sealed class BenchmarkReport(bool json)
{
    public void Begin()
    {
        if (!json)
        {
            Console.WriteLine($"{"figure",-28} {"value",14} {"unit",-14} {"goal",-12} {"ratio",8}  peer");
        }
    }

    /// <param name="name">The figure's stable name.</param>
    /// <param name="value">The measured value.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="goal">The goal in words, such as <c>&gt;= 50000</c>; null when the figure only stands beside others.</param>
    /// <param name="peer">What the ratio compares with, measured in the same run.</param>
    /// <param name="ratio">Ours to the peer's.</param>
    public void Add(string name, double value, string unit, string? goal = null, string? peer = null, double? ratio = null)
    {
        Console.WriteLine(json
            ? JsonSerializer.Serialize(new { name, value = Round(value), unit, goal, peer, ratio = ratio is { } r ? Round(r) : (double?)null })
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-28} {value,14:N3} {unit,-14} {goal,-12} {ratio,8:0.000}  {peer}"));
    }

    private static double Round(double value) => Math.Round(value, 4);
}

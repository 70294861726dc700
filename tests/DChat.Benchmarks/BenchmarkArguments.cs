using System.Globalization;

namespace DChat.Benchmarks;

/// <summary>What stands on the command line: <c>suite [--json] [--against DIR] [--rounds N]</c>.</summary>
/// <param name="Suite">The suite to run.</param>
/// <param name="IsJson">Whether to print one JSON object a line instead of a table.</param>
/// <param name="Against">The root of another checkout, whose benchmarks are built, to compare with; null measures this build alone.</param>
/// <param name="Rounds">Runs of each build when two are compared, 1 to 100.</param>
internal sealed record BenchmarkArguments(string Suite, bool IsJson, string? Against, int Rounds)
{
    private const int DefaultRounds = 3;
    private const int MaxRounds = 100;

    /// <summary>Reads a command line; null when it is none of ours.</summary>
    public static BenchmarkArguments? TryParse(IReadOnlyList<string> arguments)
    {
        string? suite = null, against = null;
        var (isJson, rounds) = (false, DefaultRounds);
        for (var i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--json":
                    isJson = true;
                    break;
                case "--against" when i + 1 < arguments.Count:
                    against = arguments[++i];
                    break;
                case "--rounds" when i + 1 < arguments.Count
                    && int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out rounds)
                    && rounds is >= 1 and <= MaxRounds:
                    i++;
                    break;
                case var word when suite is null && !word.StartsWith('-'):
                    suite = word;
                    break;
                default:
                    return null;
            }
        }

        return suite is null ? null : new BenchmarkArguments(suite, isJson, against, rounds);
    }
}

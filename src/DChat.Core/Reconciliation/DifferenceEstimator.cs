namespace DChat.Core.Reconciliation;

/// <summary>
/// Tells from the symbols of a difference about how many items it has. Each of d items is in symbol i with the chance p = 2 / (i + 2), on
/// one side or the other: the count of the symbol is about what one side has more than the other, times p, and varies by d p (1 − p).
/// </summary>
internal static class DifferenceEstimator
{
    // Nearly every item is in the first symbols: they say nothing. Later ones of a long prefix have too few to matter.
    private const int FirstSymbol = 8;
    private const int MaxSymbols = 4_096;

    /// <summary>How many symbols nearly always decode so many items: 1.36 each, and more when they are few.</summary>
    public static int SymbolsFor(double items) => (int)Math.Min((1.36 * items) + (3 * Math.Sqrt(items)) + 4, int.MaxValue);

    /// <summary>About how many items are in the difference; of n symbols, off by √(2 / n) of it.</summary>
    /// <param name="symbols">Its symbols.</param>
    /// <param name="countDifference">How many items one side has more than the other.</param>
    public static double Estimate(ReadOnlySpan<CodedSymbol> symbols, double countDifference)
    {
        // What a symbol says is worth less the fewer items are in it, which a first guess tells.
        var guess = Estimate(symbols, countDifference, double.PositiveInfinity);
        return Estimate(symbols, countDifference, Math.Max(guess, 1));
    }

    private static double Estimate(ReadOnlySpan<CodedSymbol> symbols, double countDifference, double guess)
    {
        var (sum, weights) = (0d, 0d);
        for (var i = FirstSymbol; i < Math.Min(symbols.Length, MaxSymbols); i++)
        {
            // Counts are modulo 256, and so is how far they are off.
            var chance = 2d / (i + 2);
            var mean = Math.Round(Math.Clamp(countDifference * chance, int.MinValue, int.MaxValue));
            var deviation = unchecked((sbyte)(symbols[i].Count - (int)mean));
            var weight = 1 / (2 + (1 / (guess * chance)));
            sum += weight * deviation * deviation / (chance * (1 - chance));
            weights += weight;
        }

        return weights == 0 ? 0 : sum / weights;
    }
}

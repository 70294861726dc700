namespace DChat.Benchmarks;

/// <summary>What stands for many measurements.</summary>
internal static class Quantiles
{
    public static double Median(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count / 2);

    public static double P99(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count * 99 / 100);
}

namespace DChat.Libp2p;

/// <summary>Says what is wrong with options that have a range.</summary>
internal static class RangeFaults
{
    /// <summary>Adds a sentence when a value is not within its range, ends included.</summary>
    internal static void Check<T>(List<string> faults, string name, T value, T least, T most)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            faults.Add($"{name} must be {least} to {most}.");
        }
    }
}

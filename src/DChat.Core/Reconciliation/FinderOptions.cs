namespace DChat.Core.Reconciliation;

/// <summary>How a <see cref="DifferenceFinder"/> goes about it.</summary>
public sealed record FinderOptions
{
    /// <summary>The default of <see cref="MaxSymbols"/>, for about 47,000 differences.</summary>
    public const int DefaultMaxSymbols = 1 << 16;

    /// <summary>The most symbols that are asked for, 0 to <see cref="RatelessSketch.MaxLength"/>; 0 for negentropy alone.</summary>
    public int MaxSymbols { get; init; } = DefaultMaxSymbols;

    /// <summary>For the sessions of negentropy.</summary>
    public required NegentropyOptions Negentropy { get; init; }

    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MaxSymbols);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxSymbols, RatelessSketch.MaxLength);
        ArgumentNullException.ThrowIfNull(Negentropy);
        Negentropy.Validate();
    }
}

namespace DChat.Core.Reconciliation;

/// <summary>
/// The first symbols of a set's rateless IBLT, kept up with the set: adding or removing an item changes about 2 ln(n) of n symbols.
/// Sketches of disjoint sets add up to that of their union, so that each (class, epoch) keeps its own. Not thread-safe: a session
/// takes a copy.
/// </summary>
public sealed class RatelessSketch
{
    /// <summary>The most symbols of a sketch, and of a session: 2^18, for about 190,000 differences.</summary>
    public const int MaxLength = 1 << 18;

    private readonly CodedSymbol[] _symbols;

    /// <summary>The sketch of an empty set.</summary>
    /// <param name="key">The key of both sides.</param>
    /// <param name="length">How many symbols, 1 to <see cref="MaxLength"/>; 48 bytes each.</param>
    public RatelessSketch(SketchKey key, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxLength);
        (Key, _symbols) = (key, new CodedSymbol[length]);
    }

    /// <summary>The key of both sides.</summary>
    public SketchKey Key { get; }

    /// <summary>The symbols, from the first on.</summary>
    public ReadOnlySpan<CodedSymbol> Symbols => _symbols;

    /// <summary>Adds an item that the set does not have.</summary>
    public void Add(Bytes32 id)
    {
        var hash = Key.Hash(id);
        Apply(new CodedSymbol(id, hash, 1), hash);
    }

    /// <summary>Removes an item that the set has.</summary>
    public void Remove(Bytes32 id)
    {
        var hash = Key.Hash(id);
        Apply(new CodedSymbol(id, hash, -1), hash);
    }

    /// <summary>The sketch of the union with a disjoint set, as long as the shorter of both.</summary>
    /// <exception cref="ArgumentException">The keys differ.</exception>
    public static RatelessSketch operator +(RatelessSketch left, RatelessSketch right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var sum = left.Paired(right);
        for (var i = 0; i < sum._symbols.Length; i++)
        {
            sum._symbols[i] = left._symbols[i] + right._symbols[i];
        }

        return sum;
    }

    /// <summary>The sketch of the items in which two sets differ, or of what is left of a set, as long as the shorter of both.</summary>
    /// <exception cref="ArgumentException">The keys differ.</exception>
    public static RatelessSketch operator -(RatelessSketch left, RatelessSketch right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var difference = left.Paired(right);
        for (var i = 0; i < difference._symbols.Length; i++)
        {
            difference._symbols[i] = left._symbols[i] - right._symbols[i];
        }

        return difference;
    }

    private RatelessSketch Paired(RatelessSketch other) => Key == other.Key
        ? new RatelessSketch(Key, Math.Min(_symbols.Length, other._symbols.Length))
        : throw new ArgumentException("The sketches have different keys.", nameof(other));

    private void Apply(in CodedSymbol symbol, ulong hash)
    {
        for (var mapping = new SymbolMapping(hash); mapping.Index < _symbols.Length; mapping.Next())
        {
            _symbols[mapping.Index] += symbol;
        }
    }
}

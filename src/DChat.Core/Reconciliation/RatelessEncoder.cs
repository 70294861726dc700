namespace DChat.Core.Reconciliation;

/// <summary>
/// The symbols of a snapshot, as many as are asked for: those of a cached sketch first, then more, made by a pass over the set each time
/// the number of symbols has doubled. Holds nothing for an item. Not thread-safe.
/// </summary>
public sealed class RatelessEncoder
{
    private const int MinLength = 256;
    private const int PassLength = 256;

    private readonly ISortedSet _set;
    private readonly SketchKey _key;
    private CodedSymbol[] _symbols;

    /// <summary>Encodes a set.</summary>
    /// <param name="set">The set, which may not change meanwhile: a snapshot.</param>
    /// <param name="key">The key of both sides.</param>
    /// <param name="sketch">A sketch of the very same set under that key, if there is one; it is copied.</param>
    /// <exception cref="ArgumentException">The sketch has another key.</exception>
    public RatelessEncoder(ISortedSet set, SketchKey key, RatelessSketch? sketch = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (sketch is not null && sketch.Key != key)
        {
            throw new ArgumentException("The sketch has another key.", nameof(sketch));
        }

        (_set, _key, _symbols) = (set, key, sketch is null ? [] : sketch.Symbols.ToArray());
    }

    /// <summary>Symbols from one on. Takes a pass over the set when they go beyond those made so far.</summary>
    /// <param name="start">The first.</param>
    /// <param name="count">How many; both together at most <see cref="RatelessSketch.MaxLength"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">They go beyond that.</exception>
    public ReadOnlySpan<CodedSymbol> Produce(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + count, RatelessSketch.MaxLength);
        if (start + count > _symbols.Length)
        {
            Extend(Math.Clamp(2 * _symbols.Length, MinLength, RatelessSketch.MaxLength), start + count);
        }

        return _symbols.AsSpan(start, count);
    }

    private void Extend(int length, int needed)
    {
        var made = _symbols.Length;
        Array.Resize(ref _symbols, Math.Max(length, needed));
        var items = new SetItem[PassLength];
        for (var at = 0; at < _set.Count; at += items.Length)
        {
            var pass = items.AsSpan(0, Math.Min(items.Length, _set.Count - at));
            _set.CopyTo(at, pass);
            foreach (ref readonly var item in pass)
            {
                Extend(item.Id, made);
            }
        }
    }

    private void Extend(Bytes32 id, int made)
    {
        var hash = _key.Hash(id);
        var symbol = new CodedSymbol(id, hash, 1);
        for (var mapping = new SymbolMapping(hash); mapping.Index < _symbols.Length; mapping.Next())
        {
            if (mapping.Index >= made)
            {
                _symbols[mapping.Index] += symbol;
            }
        }
    }
}

namespace DChat.Core.Reconciliation;

/// <summary>
/// Finds in which items two sets differ from the symbols of both: where an item is alone it is known, and taken out of the other
/// symbols that it is in. It takes about 1.4 symbols a difference. Whatever a peer sends costs at most some forty steps a symbol, and
/// memory in proportion to the symbols; what is found is right but for a chance of 2^-64 a step, or a peer that lies: compare it with
/// the peer's <see cref="SetDigest"/>. Not thread-safe.
/// </summary>
/// <param name="key">The key of both sides.</param>
/// <param name="maxSymbols">How many symbols are taken at most, 1 to <see cref="RatelessSketch.MaxLength"/>.</param>
public sealed class RatelessDecoder(SketchKey key, int maxSymbols = RatelessSketch.MaxLength)
{
    private const int FirstBatch = 64;

    private readonly int _maxSymbols = Checked(maxSymbols);
    private readonly List<(SymbolMapping Mapping, CodedSymbol Symbol)> _found = [];
    private readonly Stack<int> _candidates = new();
    private readonly List<Bytes32> _haves = [];
    private readonly List<Bytes32> _needs = [];
    private CodedSymbol[] _symbols = [];
    private int _open;
    private bool _isImpossible;

    /// <summary>How many symbols were taken.</summary>
    public int Count { get; private set; }

    /// <summary>How it stands.</summary>
    public RatelessOutcome Outcome =>
        _isImpossible ? RatelessOutcome.Failed
        : Count > 0 && _open == 0 ? RatelessOutcome.Decoded
        : Count >= _maxSymbols ? RatelessOutcome.Failed
        : RatelessOutcome.NeedsMore;

    /// <summary>The items that the peer lacks, so far; all of them once decoded.</summary>
    public IReadOnlyList<Bytes32> Haves => _haves;

    /// <summary>The items that we lack, so far; all of them once decoded.</summary>
    public IReadOnlyList<Bytes32> Needs => _needs;

    /// <summary>
    /// How many symbols to ask for next: at first 64, or what the difference of the counts takes at least; then what the difference
    /// seems to take, less what the guess may be off, so that a few batches do and few symbols are wasted; at most up to the cap.
    /// </summary>
    /// <param name="countDifference">How many items the peer's set has more than ours, as it says.</param>
    public int NextBatch(long countDifference)
    {
        if (Count == 0)
        {
            return Math.Min(Math.Max(FirstBatch, DifferenceEstimator.SymbolsFor(Math.Abs((double)countDifference))), _maxSymbols);
        }

        var estimate = Estimate(countDifference);
        var wanted = DifferenceEstimator.SymbolsFor(estimate * Math.Max(0, 1 - Math.Sqrt(2d / Count))) - Count;
        return Math.Min(Math.Max(wanted, Math.Max(FirstBatch / 4, Count / 16)), _maxSymbols - Count);
    }

    /// <summary>About how many items the sets differ in, told from how much the counts of the symbols vary; 0 before the first.</summary>
    /// <param name="countDifference">As for <see cref="NextBatch"/>.</param>
    public double Estimate(long countDifference) =>
        _found.Count + DifferenceEstimator.Estimate(_symbols.AsSpan(0, Count), (double)countDifference - _needs.Count + _haves.Count);

    /// <summary>Takes the next symbols. Nothing is taken once it is decoded or has failed.</summary>
    /// <param name="theirs">The peer's, on the wire, <see cref="CodedSymbol.Length"/> bytes each.</param>
    /// <param name="ours">Ours of the same numbers.</param>
    /// <exception cref="DChatException">It is not a whole number of symbols, or not as many as ours (<c>reconciliation-invalid</c>).</exception>
    public RatelessOutcome Take(ReadOnlySpan<byte> theirs, ReadOnlySpan<CodedSymbol> ours)
    {
        if (theirs.Length != ours.Length * CodedSymbol.Length)
        {
            ReconciliationFaults.ThrowInvalid("it is not as many symbols as were asked for");
        }

        if (Outcome != RatelessOutcome.NeedsMore)
        {
            return Outcome;
        }

        var count = Math.Min(ours.Length, _maxSymbols - Count);
        if (_symbols.Length < Count + count)
        {
            Array.Resize(ref _symbols, Math.Max(Count + count, Math.Min(2 * _symbols.Length, _maxSymbols)));
        }

        for (var i = 0; i < count; i++)
        {
            _symbols[Count + i] = CodedSymbol.Read(theirs[(i * CodedSymbol.Length)..]) - ours[i];
            _open += _symbols[Count + i] == default ? 0 : 1;
        }

        var from = Count;
        Count += count;
        RemoveFound();
        for (var i = Count - 1; i >= from; i--)
        {
            _candidates.Push(i);
        }

        Peel();
        return Outcome;
    }

    private static int Checked(int maxSymbols)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxSymbols);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxSymbols, RatelessSketch.MaxLength);
        return maxSymbols;
    }

    /// <summary>Takes what was found before out of the symbols that have come since.</summary>
    private void RemoveFound()
    {
        for (var i = 0; i < _found.Count; i++)
        {
            var (mapping, symbol) = _found[i];
            Remove(ref mapping, symbol, isPeeling: false);
            _found[i] = (mapping, symbol);
        }
    }

    private void Peel()
    {
        while (_candidates.TryPop(out var index))
        {
            var symbol = _symbols[index];
            if (symbol.Count is not (1 or -1) || symbol.Hashes != key.Hash(symbol.Ids))
            {
                continue;
            }

            // Every item takes a symbol of its own: more items than symbols are a peer's invention.
            if (_found.Count == Count)
            {
                _isImpossible = true;
                return;
            }

            var mapping = new SymbolMapping(symbol.Hashes);
            Remove(ref mapping, symbol, isPeeling: true);
            _found.Add((mapping, symbol));
            (symbol.Count > 0 ? _needs : _haves).Add(symbol.Ids);
        }
    }

    /// <summary>Takes an item out of the symbols from its mapping's on, and leaves the mapping behind the last.</summary>
    private void Remove(ref SymbolMapping mapping, in CodedSymbol symbol, bool isPeeling)
    {
        for (; mapping.Index < Count; mapping.Next())
        {
            ref var from = ref _symbols[mapping.Index];
            _open -= from == default ? 0 : 1;
            from -= symbol;
            _open += from == default ? 0 : 1;
            if (isPeeling && from.Count is 1 or -1)
            {
                _candidates.Push(mapping.Index);
            }
        }
    }
}

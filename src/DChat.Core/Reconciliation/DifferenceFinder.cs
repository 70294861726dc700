namespace DChat.Core.Reconciliation;

/// <summary>
/// The side of a session that learns in which items two sets differ (DESIGN §6): nothing when the digests are equal, else by the peer's sketch,
/// and by negentropy when that fails, is not to be had or costs more than the peer's ids. What is found is checked against the peer's digest, so a collision of
/// hashes, crafted or not, costs negentropy; and when that does not fit either, <see cref="IsExact"/> says so. Takes what the peer answers and
/// returns what to ask: no I/O, no clock. Not thread-safe.
/// </summary>
public sealed class DifferenceFinder : IDifferences
{
    private readonly ISortedSet _ours;
    private readonly SetDigest _theirs;
    private readonly FinderOptions _options;
    private readonly RatelessEncoder? _encoder;
    private readonly RatelessDecoder? _decoder;
    private readonly List<Bytes32> _haves = [];
    private readonly List<Bytes32> _needs = [];
    private NegentropyInitiator? _negentropy;
    private (int Start, int Count) _asked;

    /// <summary>Begins a session.</summary>
    /// <param name="ours">Our items: a snapshot.</param>
    /// <param name="theirs">The digest of the peer's items, as it says.</param>
    /// <param name="key">The key of both sides' sketches.</param>
    /// <param name="sketch">The sketch of our items, if there is one.</param>
    /// <param name="options">How to go about it.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public DifferenceFinder(ISortedSet ours, SetDigest theirs, SketchKey key, RatelessSketch? sketch, FinderOptions options)
    {
        ArgumentNullException.ThrowIfNull(ours);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_ours, _theirs, _options, Ours) = (ours, theirs, options, SetDigest.Of(ours));
        if (options.MaxSymbols > 0 && Ours.Count > 0)
        {
            (_encoder, _decoder) = (new RatelessEncoder(ours, key, sketch), new RatelessDecoder(key, options.MaxSymbols));
        }
    }

    /// <summary>The digest of our items.</summary>
    public SetDigest Ours { get; }

    /// <summary>The items that the peer lacks; all of them once it is done and exact.</summary>
    public IReadOnlyList<Bytes32> Haves => _haves;

    /// <summary>The items that we lack; all of them once it is done and exact.</summary>
    public IReadOnlyList<Bytes32> Needs => _needs;

    /// <summary>Whether it has ended.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Whether what was found is all, as the peer's digest says.</summary>
    public bool IsExact { get; private set; }

    /// <summary>How many symbols were taken.</summary>
    public int Symbols => _decoder?.Count ?? 0;

    /// <summary>Whether it took negentropy.</summary>
    public bool IsByNegentropy => _negentropy is not null;

    /// <summary>What to ask first.</summary>
    public FinderStep Begin()
    {
        if (Ours == _theirs)
        {
            return End();
        }

        return AskSymbolsOrNegotiate();
    }

    /// <summary>Takes the answer to what was asked last. No symbols at all say that the peer gives no more of them.</summary>
    /// <exception cref="InvalidOperationException">Nothing was asked.</exception>
    /// <exception cref="DChatException">
    /// The answer cannot be read (<c>reconciliation-invalid</c>), is of another version (<c>reconciliation-version</c>), or goes beyond a
    /// limit (<c>reconciliation-limit</c>).
    /// </exception>
    public FinderStep Take(ReadOnlySpan<byte> answer)
    {
        if (IsDone || (_asked.Count == 0 && _negentropy is null))
        {
            throw new InvalidOperationException("Nothing was asked.");
        }

        if (_negentropy is not null)
        {
            return _negentropy.TryContinue(answer, out var message) ? new FinderStep(FinderStepKind.AskNegentropy, Message: message) : End();
        }

        if (answer.IsEmpty)
        {
            return Negotiate();
        }

        var outcome = _decoder!.Take(answer, _encoder!.Produce(_asked.Start, _asked.Count));
        if (outcome == RatelessOutcome.NeedsMore)
        {
            return AskSymbolsOrNegotiate();
        }

        if (outcome == RatelessOutcome.Decoded && Fits(_decoder.Haves, _decoder.Needs))
        {
            _haves.AddRange(_decoder.Haves);
            _needs.AddRange(_decoder.Needs);
            return End();
        }

        return Negotiate();
    }

    /// <inheritdoc/>
    void IDifferences.Have(SetItem item) => _haves.Add(item.Id);

    /// <inheritdoc/>
    void IDifferences.Need(Bytes32 id) => _needs.Add(id);

    private FinderStep AskSymbolsOrNegotiate()
    {
        var countDifference = (long)(_theirs.Count - Ours.Count);
        if (_decoder is null || _decoder.NextBatch(countDifference) is var next && IsDearerThanIds(_decoder.Count + next))
        {
            return Negotiate();
        }

        _asked = (_decoder.Count, next);
        return new FinderStep(FinderStepKind.AskSymbols, _asked);
    }

    /// <summary>Whether symbols take more bytes than all ids of the peer, which is the most that negentropy takes, roughly.</summary>
    private bool IsDearerThanIds(int symbols) => (ulong)symbols * CodedSymbol.Length > Bytes32.Length * Math.Min(_theirs.Count, int.MaxValue);

    private FinderStep Negotiate()
    {
        _negentropy = new NegentropyInitiator(_ours, _options.Negentropy, this);
        return new FinderStep(FinderStepKind.AskNegentropy, Message: _negentropy.Initiate());
    }

    private FinderStep End()
    {
        (IsDone, IsExact) = (true, Fits(_haves, _needs));
        return new FinderStep(FinderStepKind.Done);
    }

    private bool Fits(IReadOnlyList<Bytes32> haves, IReadOnlyList<Bytes32> needs)
    {
        var expected = Ours;
        foreach (var id in needs)
        {
            expected = expected.With(id);
        }

        foreach (var id in haves)
        {
            expected = expected.Without(id);
        }

        return expected == _theirs;
    }
}

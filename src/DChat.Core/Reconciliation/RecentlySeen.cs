namespace DChat.Core.Reconciliation;

/// <summary>
/// Remembers which ids a peer has shown or been given lately, so as not to push them to it: of those it was told of, the newest half of
/// its capacity is always among them. One in fifty ids at most passes that was never added: it spares a push and is no evidence that
/// the peer has anything, which only reconciliation tells. Two filters take turns; memory is fixed, about 1.6 bytes an id. Not
/// thread-safe.
/// </summary>
public sealed class RecentlySeen
{
    /// <summary>The most ids: 2^24, in 26 MB.</summary>
    public const int MaxCapacity = 1 << 24;

    private readonly int _generation;
    private SplitBlockFilter _current;
    private SplitBlockFilter _previous;
    private int _count;

    /// <summary>Remembers nothing yet.</summary>
    /// <param name="salt">Drawn at random for each peer and told to nobody, so that nobody makes ids that are never pushed.</param>
    /// <param name="capacity">How many ids at most, 2 to 2^24.</param>
    public RecentlySeen(ulong salt, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxCapacity);
        _generation = capacity / 2;

        // A quarter more than it holds, since what passes either filter passes.
        var room = _generation + (_generation / 4);
        (_current, _previous) = (new SplitBlockFilter(salt, room), new SplitBlockFilter(salt, room));
    }

    /// <summary>The bytes of both filters.</summary>
    public int ByteLength => _current.ByteLength + _previous.ByteLength;

    /// <summary>Adds an id. When a generation is full the older one is forgotten.</summary>
    public void Add(Bytes32 id)
    {
        // What comes again does not push others out.
        if (_current.MayContain(id))
        {
            return;
        }

        if (_count == _generation)
        {
            (_current, _previous, _count) = (_previous, _current, 0);
            _current.Clear();
        }

        _current.Add(id);
        _count++;
    }

    /// <summary>False when the id was not added lately. True is a guess.</summary>
    public bool MayContain(Bytes32 id) => _current.MayContain(id) || _previous.MayContain(id);
}

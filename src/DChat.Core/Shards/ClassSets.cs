using DChat.Core.Clocks;
using DChat.Core.Reconciliation;

namespace DChat.Core.Shards;

/// <summary>
/// The messages of one class in a shard as sets: an index of the open ones, a run for each segment, and, once one is asked for, a sketch of
/// either kind. Which messages are sealed changes only by segments that come or go, so their sketch outlives each change of the open set.
/// </summary>
internal sealed class ClassSets(SketchKey key)
{
    private readonly Dictionary<Bytes32, (SealedItems Told, SortedRun Run)> _sealed = [];
    private SetIndex _open = new(NothingIndexed);
    private RatelessSketch? _openSketch;
    private RatelessSketch? _sealedSketch;

    private static ISetItems NothingIndexed { get; } = new SetItemList();

    /// <summary>How many messages it has.</summary>
    public int Count => _open.Count + _sealed.Values.Sum(segment => segment.Run.Count);

    /// <summary>Begins anew with another open set.</summary>
    public void Reopen(ISetItems items) => (_open, _openSketch) = (new SetIndex(items), null);

    /// <summary>Adds an open message by its number.</summary>
    public void Add(uint number, Bytes32 id)
    {
        if (_open.Add(number))
        {
            _openSketch?.Add(id);
        }
    }

    /// <summary>Takes over which segments there are.</summary>
    public void Take(IEnumerable<SealedItems> segments)
    {
        var named = segments.ToDictionary(segment => segment.Root);
        foreach (var gone in _sealed.Keys.Where(root => !named.ContainsKey(root)).ToList())
        {
            _sealed.Remove(gone, out var segment);
            Change(_sealedSketch, segment.Run, static (sketch, id) => sketch.Remove(id));
        }

        foreach (var (root, told) in named)
        {
            // The items are asked of the newest telling: an older one may read a file that is closed.
            if (_sealed.TryGetValue(root, out var known) && ReferenceEquals(known.Told.Items, told.Items))
            {
                continue;
            }

            var run = new SortedRun(told.Items, told.Count);
            if (!_sealed.ContainsKey(root))
            {
                Change(_sealedSketch, run, static (sketch, id) => sketch.Add(id));
            }

            _sealed[root] = (told, run);
        }
    }

    /// <summary>Each part, and its messages of a range; null where it has none.</summary>
    public IEnumerable<(ISortedSet Whole, SubSet? Part)> Between(HybridTimestamp from, HybridTimestamp to)
    {
        var (start, end) = (new SetItem(from.Value, default), new SetItem(Math.Max(from.Value, to.Value), default));
        foreach (var (told, run) in _sealed.Values)
        {
            yield return (run, told.Last >= from && told.First < to ? new SubSet(run, start, end) : null);
        }

        var open = _open.Snapshot();
        yield return (open, new SubSet(open, start, end));
    }

    /// <summary>A sketch of all messages, of at least so many symbols.</summary>
    public RatelessSketch Sketch(int length)
    {
        if (_openSketch is null || _openSketch.Symbols.Length < length)
        {
            _openSketch = new RatelessSketch(key, length);
            Change(_openSketch, _open.Snapshot(), static (sketch, id) => sketch.Add(id));
        }

        if (_sealedSketch is null || _sealedSketch.Symbols.Length < length)
        {
            _sealedSketch = new RatelessSketch(key, length);
            foreach (var (_, run) in _sealed.Values)
            {
                Change(_sealedSketch, run, static (sketch, id) => sketch.Add(id));
            }
        }

        return _openSketch + _sealedSketch;
    }

    /// <summary>Forgets the sketches until one is asked for again.</summary>
    public void ForgetSketches() => (_openSketch, _sealedSketch) = (null, null);

    private static void Change(RatelessSketch? sketch, ISortedSet set, Action<RatelessSketch, Bytes32> change)
    {
        if (sketch is not null)
        {
            SetPass.ForEach(set, 0, set.Count, id => change(sketch, id));
        }
    }
}

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
        var named = segments.DistinctBy(segment => segment.Root).ToDictionary(segment => segment.Root);
        foreach (var gone in _sealed.Keys.Where(root => !named.ContainsKey(root)).ToList())
        {
            // Its file may be gone, too.
            (_, _sealedSketch) = (_sealed.Remove(gone), null);
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
                // What is half changed when storage fails is of no use.
                var sketch = _sealedSketch;
                _sealedSketch = null;
                AddAll(sketch, run);
                _sealedSketch = sketch;
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
            // Most segments are inside a range or outside: neither asks storage.
            yield return (run, told.Last < from || told.First >= to ? null
                : told.First >= from && told.Last < to ? SubSet.WholeOf(run)
                : new SubSet(run, start, end));
        }

        var open = _open.Snapshot();
        yield return (open, new SubSet(open, start, end));
    }

    /// <summary>A sketch of all messages, of at least so many symbols.</summary>
    public RatelessSketch Sketch(int length)
    {
        // What is half made when storage fails is not kept.
        _openSketch = _openSketch?.Symbols.Length >= length ? _openSketch : SketchOf([_open.Snapshot()], length);
        _sealedSketch = _sealedSketch?.Symbols.Length >= length ? _sealedSketch : SketchOf(_sealed.Values.Select(segment => segment.Run), length);
        return _openSketch + _sealedSketch;
    }

    /// <summary>Forgets the sketches until one is asked for again.</summary>
    public void ForgetSketches() => (_openSketch, _sealedSketch) = (null, null);

    private RatelessSketch SketchOf(IEnumerable<ISortedSet> sets, int length)
    {
        var sketch = new RatelessSketch(key, length);
        foreach (var set in sets)
        {
            AddAll(sketch, set);
        }

        return sketch;
    }

    private static void AddAll(RatelessSketch? sketch, ISortedSet set)
    {
        if (sketch is not null)
        {
            SetPass.ForEach(set, 0, set.Count, sketch.Add);
        }
    }
}

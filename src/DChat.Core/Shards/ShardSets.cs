using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Reconciliation;
using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>
/// All messages of a shard as sets that can be reconciled: made from the shard's own index and from the leaves of its segments, brought up
/// to date when a session begins, and never trusted over them. It costs an append nothing, and a shard that nobody reconciles nothing at all.
/// One caller at a time; it asks storage, so nobody calls it on a grain's turn.
/// </summary>
/// <param name="key">The key of the network's sketches of this shard.</param>
public sealed class ShardSets(SketchKey key)
{
    /// <summary>The most symbols of a cached sketch: enough for about 5,900 differences.</summary>
    public const int MaxSketchLength = 8_192;

    private const int MinSketchLength = 256;

    // A sketch of which much is to be taken away again costs more than one that is made of what is left.
    private const int MaxOutside = 4_096;

    private readonly ClassSets[] _classes = [.. RetentionClasses.All.Select(_ => new ClassSets(key))];
    private ShardIndex? _open;
    private ISealedMessages _sealed = NothingSealed.Instance;
    private uint _taken;

    /// <summary>The key of the sketches of a shard, as <c>Protocol/sync.proto</c> says.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="shard">The shard.</param>
    public static SketchKey KeyOf(string network, ShardId shard)
    {
        ArgumentException.ThrowIfNullOrEmpty(network);
        var name = Encoding.ASCII.GetBytes(network);
        ReadOnlySpan<byte> input = [.. KeyLabels.SketchKey, (byte)name.Length, .. name, (byte)(shard.Value >> 8), (byte)shard.Value];
        var hash = SHA256.HashData(input);
        return new SketchKey(BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash.AsSpan(sizeof(ulong))));
    }

    /// <summary>How many messages there are.</summary>
    public long Count => _classes.Sum(each => (long)each.Count);

    /// <summary>Brings the sets up to date.</summary>
    /// <exception cref="DChatException">As for <see cref="ISealedMessages.TryFind"/>; what was taken until then stays.</exception>
    public void CatchUp(ShardView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (!ReferenceEquals(_sealed, view.Sealed))
        {
            // Only when all are taken does the set count as known: after a fault they are taken again.
            var items = view.Sealed.Items;
            for (var i = 0; i < _classes.Length; i++)
            {
                var retention = RetentionClasses.All[i];
                _classes[i].Take(items.Where(segment => segment.Segment.Class == retention));
            }
        }

        if (!ReferenceEquals(_open, view.Open) || !ReferenceEquals(_sealed, view.Sealed))
        {
            (_open, _taken) = (view.Open, 0);
            foreach (var each in _classes)
            {
                each.Reopen(view.Open);
            }
        }

        _sealed = view.Sealed;
        for (var count = (uint)view.Open.Count; _taken < count; _taken++)
        {
            var entry = view.Open.Get(_taken + 1).Entry;

            // One that is in the open set and sealed may count once only.
            if (!view.Sealed.MayHold(entry) || !view.Sealed.TryFind(entry, out _))
            {
                _classes[RetentionClasses.IndexOf(entry.Class)].Add(_taken + 1, entry.Id.Value);
            }
        }
    }

    /// <summary>The messages of a range, as of the last <see cref="CatchUp"/>.</summary>
    /// <param name="range">Which.</param>
    /// <param name="isSketched">Whether a sketch is wanted, too.</param>
    public RangeItems Compose(SetRange range, bool isSketched)
    {
        ArgumentNullException.ThrowIfNull(range);
        List<(ISortedSet Whole, SubSet? Part)> parts = [];
        for (var i = 0; i < _classes.Length; i++)
        {
            var floor = range.Floors[RetentionClasses.All[i]];
            parts.AddRange(_classes[i].Between(floor > range.From ? floor : range.From, range.To));
        }

        var items = new ComposedSet(parts.Select(part => part.Part).OfType<SubSet>());
        return new RangeItems(items, isSketched ? Sketch(parts, items.Count) : null);
    }

    /// <summary>Frees the memory of sketches until one is wanted again.</summary>
    public void ForgetSketches()
    {
        foreach (var each in _classes)
        {
            each.ForgetSketches();
        }
    }

    private RatelessSketch? Sketch(List<(ISortedSet Whole, SubSet? Part)> parts, int inside)
    {
        var outside = Count - inside;
        if (outside > Math.Max(inside / 8, MaxOutside))
        {
            return null;
        }

        var length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Count, MinSketchLength, MaxSketchLength));
        RatelessSketch? sketch = null;
        foreach (var each in _classes)
        {
            if (each.Count > 0)
            {
                var ofClass = each.Sketch(length);
                sketch = sketch is null ? ofClass : sketch + ofClass;
            }
        }

        if (sketch is not null && outside > 0)
        {
            RemoveOutside(sketch, parts);
        }

        return sketch;
    }

    private static void RemoveOutside(RatelessSketch sketch, List<(ISortedSet Whole, SubSet? Part)> parts)
    {
        foreach (var (whole, part) in parts)
        {
            var start = part?.Start ?? whole.Count;
            SetPass.ForEach(whole, 0, start, sketch.Remove);
            SetPass.ForEach(whole, start + (part?.Count ?? 0), whole.Count, sketch.Remove);
        }
    }
}

using System.Diagnostics.CodeAnalysis;

namespace DChat.Core.Reconciliation;

/// <summary>
/// Compares a peer's lists of ids with our items and reports each difference once: after a frame was full, ranges come again.
/// </summary>
internal sealed class DifferenceFilter(IDifferences differences, ulong salt, int maxDifferences) : IEqualityComparer<Bytes32>
{
    private readonly SaltedHash _hash = new(salt);
    private readonly IdMatcher _matcher = new(new SaltedHash(~salt));
    private readonly SetItem[] _items = new SetItem[64];
    private HashSet<Bytes32>? _haves;
    private HashSet<Bytes32>? _needs;

    /// <summary>Compares a range of ours with what the peer says it has there.</summary>
    /// <exception cref="DChatException">There are more differences than may be.</exception>
    public void Compare(ISortedSet set, int lower, int upper, ReadOnlySpan<byte> ids)
    {
        _matcher.Load(ids);
        for (var at = lower; at < upper; at += _items.Length)
        {
            var items = _items.AsSpan(0, Math.Min(_items.Length, upper - at));
            set.CopyTo(at, items);
            foreach (ref readonly var item in items)
            {
                if (!_matcher.TryMatch(item.Id) && IsNew(ref _haves, item.Id))
                {
                    differences.Have(item);
                }
            }
        }

        for (var i = 0; i < _matcher.Count; i++)
        {
            if (!_matcher.IsMatched(i) && IsNew(ref _needs, _matcher[i]))
            {
                differences.Need(_matcher[i]);
            }
        }
    }

    /// <inheritdoc/>
    public bool Equals(Bytes32 left, Bytes32 right) => left == right;

    /// <inheritdoc/>
    public int GetHashCode([DisallowNull] Bytes32 id) => (int)_hash.Of(id);

    private bool IsNew(ref HashSet<Bytes32>? known, Bytes32 id)
    {
        known ??= new HashSet<Bytes32>(this);
        if (!known.Add(id))
        {
            return false;
        }

        if ((_haves?.Count ?? 0) + (_needs?.Count ?? 0) > maxDifferences)
        {
            ReconciliationFaults.ThrowLimit($"{maxDifferences} differences");
        }

        return true;
    }
}

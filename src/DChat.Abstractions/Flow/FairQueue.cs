using System.Diagnostics.CodeAnalysis;

namespace DChat.Abstractions.Flow;

/// <summary>
/// A queue that serves its keys in turn, however much each has waiting: deficit round robin (Shreedhar and Varghese, 1995).
/// Items of one key stay in order. Not thread-safe.
/// </summary>
/// <param name="quantum">What a key may take each turn, in units of cost, 1 or more. Best not far below the usual cost.</param>
/// <param name="maxCostPerKey">How much of one key may wait, in units of cost.</param>
public sealed class FairQueue<TKey, TItem>(int quantum, long maxCostPerKey = long.MaxValue)
    where TKey : notnull
{
    private readonly Dictionary<TKey, Lane> _lanes = [];
    private readonly LinkedList<Lane> _turns = [];

    /// <summary>How many items wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many keys have something waiting.</summary>
    public int Keys => _lanes.Count;

    /// <summary>Adds an item behind those of its key; false when too much of the key waits.</summary>
    /// <param name="key">Whose turn the item takes.</param>
    /// <param name="item">The item.</param>
    /// <param name="cost">Its cost, 1 or more.</param>
    public bool TryEnqueue(TKey key, TItem item, int cost)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cost, 1);
        var waiting = _lanes.TryGetValue(key, out var lane) ? lane.Cost : 0;
        if (waiting + cost > maxCostPerKey)
        {
            return false;
        }

        if (lane is null)
        {
            _lanes[key] = lane = new Lane(key);
            lane.Turn = _turns.AddLast(lane);
        }

        lane.Add(item, cost);
        Count++;
        return true;
    }

    /// <summary>Whose item is next. Asked again before anything is taken, it is the same one, unless it may not go any more.</summary>
    /// <param name="item">The item.</param>
    /// <param name="mayGo">Which keys may have a turn now with their first item; null for all.</param>
    public bool TryPeek([MaybeNullWhen(false)] out TItem item, Func<TKey, TItem, bool>? mayGo = null)
    {
        for (var passed = 0; passed < _turns.Count;)
        {
            var lane = _turns.First!.Value;
            if (mayGo is not null && !mayGo(lane.Key, lane.First.Item))
            {
                passed++;
            }
            else
            {
                lane.BeginTurn(quantum);
                if (lane.Deficit >= lane.First.Cost)
                {
                    item = lane.First.Item;
                    return true;
                }

                lane.EndTurn();
                passed = 0;
            }

            _turns.RemoveFirst();
            _turns.AddLast(lane.Turn!);
        }

        item = default;
        return false;
    }

    /// <summary>Takes the next item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="mayGo">As for <see cref="TryPeek"/>.</param>
    public bool TryDequeue([MaybeNullWhen(false)] out TItem item, Func<TKey, TItem, bool>? mayGo = null)
    {
        if (!TryPeek(out item, mayGo))
        {
            return false;
        }

        var lane = _turns.First!.Value;
        lane.TakeFirst();
        Count--;
        RemoveIfEmpty(lane);
        return true;
    }

    /// <summary>Takes an item out, wherever it stands; false when it is not there.</summary>
    public bool Remove(TKey key, TItem item)
    {
        if (!_lanes.TryGetValue(key, out var lane) || !lane.Remove(item))
        {
            return false;
        }

        Count--;
        RemoveIfEmpty(lane);
        return true;
    }

    // A key that had nothing to send must not save up turns.
    private void RemoveIfEmpty(Lane lane)
    {
        if (lane.IsEmpty)
        {
            _turns.Remove(lane.Turn!);
            _lanes.Remove(lane.Key);
        }
    }

    private sealed class Lane(TKey key)
    {
        private readonly LinkedList<(TItem Item, int Cost)> _items = [];
        private bool _hasTurn;

        public TKey Key => key;

        public LinkedListNode<Lane>? Turn { get; set; }

        public long Deficit { get; private set; }

        public long Cost { get; private set; }

        public bool IsEmpty => _items.Count == 0;

        public (TItem Item, int Cost) First => _items.First!.Value;

        /// <summary>Gets what a turn gives, once for each turn, however often it is asked what comes next.</summary>
        public void BeginTurn(int quantum)
        {
            Deficit += _hasTurn ? 0 : quantum;
            _hasTurn = true;
        }

        public void EndTurn() => _hasTurn = false;

        public void Add(TItem item, int cost)
        {
            _items.AddLast((item, cost));
            Cost += cost;
        }

        public void TakeFirst()
        {
            Deficit -= First.Cost;
            Cost -= First.Cost;
            _items.RemoveFirst();
        }

        public bool Remove(TItem item)
        {
            for (var node = _items.First; node is not null; node = node.Next)
            {
                if (EqualityComparer<TItem>.Default.Equals(node.Value.Item, item))
                {
                    Cost -= node.Value.Cost;
                    _items.Remove(node);
                    return true;
                }
            }

            return false;
        }
    }
}

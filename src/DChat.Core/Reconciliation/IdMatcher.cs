using System.Numerics;

namespace DChat.Core.Reconciliation;

/// <summary>
/// Tells which ids of a peer's list are ours. The table is keyed, because the peer chooses what is in the list, and used again for
/// the next list.
/// </summary>
internal sealed class IdMatcher(SaltedHash hash)
{
    private const int MinCapacity = 64;

    private int[] _slots = [];
    private bool[] _matched = [];
    private Bytes32[] _ids = [];
    private uint _mask;

    /// <summary>How many ids the list has, each counted once.</summary>
    public int Count { get; private set; }

    /// <summary>An id of the list.</summary>
    public Bytes32 this[int index] => _ids[index];

    /// <summary>Takes a list.</summary>
    /// <param name="ids">Ids back to back.</param>
    public void Load(ReadOnlySpan<byte> ids)
    {
        var length = ids.Length / Bytes32.Length;
        var capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(MinCapacity, 2 * length));
        if (_slots.Length < capacity)
        {
            (_slots, _ids, _matched) = (new int[capacity], new Bytes32[capacity / 2], new bool[capacity / 2]);
        }

        _mask = (uint)capacity - 1;
        _slots.AsSpan(0, capacity).Clear();
        _matched.AsSpan(0, length).Clear();
        Count = 0;
        for (var i = 0; i < length; i++)
        {
            var id = new Bytes32(ids.Slice(i * Bytes32.Length, Bytes32.Length));
            ref var slot = ref Find(id);
            if (slot == 0)
            {
                _ids[Count] = id;
                slot = ++Count;
            }
        }
    }

    /// <summary>Whether an id of the list was matched.</summary>
    public bool IsMatched(int index) => _matched[index];

    /// <summary>Whether the list has an id of ours; it is matched then.</summary>
    public bool TryMatch(Bytes32 id)
    {
        var slot = Find(id);
        if (slot == 0)
        {
            return false;
        }

        _matched[slot - 1] = true;
        return true;
    }

    private ref int Find(Bytes32 id)
    {
        for (var at = hash.Of(id) & _mask; ; at = (at + 1) & _mask)
        {
            ref var slot = ref _slots[at];
            if (slot == 0 || _ids[slot - 1] == id)
            {
                return ref slot;
            }
        }
    }
}

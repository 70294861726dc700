using DChat.Core;
using DChat.Core.Reconciliation;

namespace DChat.Grains.SyncShard;

/// <summary>
/// A set that is read only as long as somebody may wait for it: a small message of a peer can ask for many passes over much, and whoever has
/// asked is gone after a while, but the work would go on.
/// </summary>
/// <param name="set">The set.</param>
/// <param name="time">The clock.</param>
internal sealed class PatientSet(ISortedSet set, TimeProvider time) : ISortedSet
{
    /// <summary>How long one question may read the set.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private long _from = time.GetTimestamp();

    /// <inheritdoc/>
    public int Count => set.Count;

    /// <summary>The next question begins.</summary>
    public void Begin() => _from = time.GetTimestamp();

    /// <inheritdoc/>
    public int LowerBound(SetItem bound)
    {
        Check();
        return set.LowerBound(bound);
    }

    /// <inheritdoc/>
    public void CopyTo(int start, Span<SetItem> items)
    {
        Check();
        set.CopyTo(start, items);
    }

    /// <inheritdoc/>
    public IdSum SumOf(int start, int until)
    {
        Check();
        return set.SumOf(start, until);
    }

    private void Check()
    {
        if (time.GetElapsedTime(_from) > Patience)
        {
            throw new DChatException("overloaded", $"The question took longer than {Patience.TotalSeconds} s.", isTransient: true);
        }
    }
}

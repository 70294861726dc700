namespace DChat.Core.Peers;

/// <summary>The copy of a <see cref="NumberedSetWriter{TKey,TValue}"/>'s set. Not thread-safe.</summary>
/// <remarks>
/// A step that begins with an empty set is always taken, so a new writer needs no introduction. One that comes late sets the
/// copy back; the writer's next step then finds another number than its base, and the writer starts over.
/// </remarks>
/// <param name="keyOf">The key of an entry.</param>
public sealed class NumberedSetCopy<TKey, TValue>(Func<TValue, TKey> keyOf)
    where TKey : notnull
{
    private readonly Dictionary<TKey, TValue> _entries = [];
    private long? _number;

    /// <summary>The entries, in no order.</summary>
    public IReadOnlyCollection<TValue> Entries => _entries.Values;

    /// <summary>Whether the steps so far make a set that the writer had; false while more steps of it are to come, and before the first.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Takes a step.</summary>
    /// <returns>Whether the copy is now at the step's number; false when it lacks the base, and stays as it is.</returns>
    public bool TryApply(in NumberedSetChanges<TKey, TValue> step)
    {
        if (step.Number == _number)
        {
            return true;
        }

        if (step.Base is null)
        {
            _entries.Clear();
        }
        else if (step.Base != _number)
        {
            return false;
        }

        foreach (var entry in step.Changed)
        {
            _entries[keyOf(entry)] = entry;
        }

        foreach (var key in step.Removed)
        {
            _entries.Remove(key);
        }

        _number = step.Number;
        IsWhole = !step.HasMore;
        return true;
    }

    /// <summary>Forgets everything, so that the writer starts over.</summary>
    public void Clear()
    {
        _entries.Clear();
        _number = null;
        IsWhole = false;
    }
}

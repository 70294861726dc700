namespace DChat.Core.Peers;

/// <summary>One step from a <see cref="NumberedSetWriter{TKey,TValue}"/> to its <see cref="NumberedSetCopy{TKey,TValue}"/>.</summary>
/// <param name="Number">Names the set as it is after the step; never used for another.</param>
/// <param name="Base">The number of the set that the step changes; null when it begins with an empty one.</param>
/// <param name="Changed">Entries that are new or different.</param>
/// <param name="Removed">Keys that are gone; the set need not have them.</param>
/// <param name="HasMore">Whether the set is not whole before further steps.</param>
public readonly record struct NumberedSetChanges<TKey, TValue>(
    long Number, long? Base, IReadOnlyList<TValue> Changed, IReadOnlyList<TKey> Removed, bool HasMore);

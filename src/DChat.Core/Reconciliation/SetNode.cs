namespace DChat.Core.Reconciliation;

/// <summary>
/// A node of a <see cref="SetIndex"/>. Only the writer that made it may change it, and only until the next snapshot: later changes
/// are made to a copy.
/// </summary>
/// <param name="generation">The writer's generation that may change it.</param>
internal abstract class SetNode(int generation)
{
    /// <summary>The most numbers or children of a node.</summary>
    public const int MaxLength = 64;

    /// <summary>Neighbours are joined when one has less than this, and both fit with room to spare.</summary>
    public const int MinLength = 16;

    /// <summary>The most that two neighbours have together when they are joined.</summary>
    public const int MaxJoined = 48;

    /// <summary>The writer's generation that may change it.</summary>
    public int Generation { get; } = generation;

    /// <summary>How many numbers or children.</summary>
    public int Length { get; set; }

    /// <summary>How many items are below it.</summary>
    public abstract int Count { get; }

    /// <summary>The number of its first item.</summary>
    public abstract uint First { get; }

    /// <summary>The sum of the ids of all items below it.</summary>
    public abstract IdSum Sum(ISetItems items);

    /// <summary>A copy that a generation may change.</summary>
    public abstract SetNode Copy(int generation);

    /// <summary>Moves what follows an index into a new node.</summary>
    public abstract SetNode Split(int at, int generation);

    /// <summary>Takes over all that its right neighbour has.</summary>
    public abstract void Join(SetNode right);

    /// <summary>An array that holds one more than it did.</summary>
    protected static T[] Grown<T>(T[] from)
    {
        var grown = new T[Math.Min(MaxLength, from.Length < MinLength ? Math.Max(4, 2 * from.Length) : from.Length + MinLength)];
        from.CopyTo(grown, 0);
        return grown;
    }
}

namespace DChat.Storage.Log.Local.Checkpoint;

/// <summary>A block of the index file, with entries of one shard.</summary>
/// <param name="Offset">Where it starts.</param>
/// <param name="Count">How many entries it has.</param>
/// <param name="FirstSequence">The sequence of the first.</param>
internal readonly record struct IndexExtent(long Offset, int Count, ulong FirstSequence)
{
    /// <summary>The block's length in bytes.</summary>
    public int Length => IndexBlock.HeaderLength + (Count * IndexBlock.EntryLength);

    /// <summary>The sequence of the last entry.</summary>
    public ulong LastSequence => FirstSequence + (ulong)Count - 1;
}

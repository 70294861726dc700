namespace DChat.Storage.Log.Local.Checkpoint;

/// <summary>A block of the index file, with entries of one shard.</summary>
/// <param name="Offset">Where it starts.</param>
/// <param name="Count">How many entries it has.</param>
internal readonly record struct IndexExtent(long Offset, uint Count)
{
    /// <summary>The block's length in bytes.</summary>
    public int Length => IndexBlock.HeaderLength + ((int)Count * IndexBlock.EntryLength);
}

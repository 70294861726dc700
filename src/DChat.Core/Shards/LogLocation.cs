namespace DChat.Core.Shards;

/// <summary>A place in a log that is made of files, as one word: the file's number in the upper half, the offset in the lower.</summary>
public static class LogLocation
{
    /// <summary>The word.</summary>
    /// <param name="file">The number of the file.</param>
    /// <param name="offset">Bytes from its start, below 4 GiB.</param>
    public static ulong Of(uint file, long offset) => ((ulong)file << 32) | (uint)offset;

    /// <summary>The number of the file.</summary>
    public static uint FileOf(ulong location) => (uint)(location >> 32);

    /// <summary>Bytes from the start of the file.</summary>
    public static long OffsetOf(ulong location) => (uint)location;
}

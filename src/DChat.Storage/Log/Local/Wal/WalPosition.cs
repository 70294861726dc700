using DChat.Core.Shards;

namespace DChat.Storage.Log.Local.Wal;

/// <summary>A place in the WAL.</summary>
/// <param name="File">The file's number, from 1.</param>
/// <param name="Offset">Bytes from the start of the file, below 4 GiB.</param>
internal readonly record struct WalPosition(uint File, long Offset)
{
    /// <summary>The position as one word, as the index keeps it.</summary>
    public ulong ToLocation() => LogLocation.Of(File, Offset);

    /// <summary>The position behind a word of the index.</summary>
    public static WalPosition FromLocation(ulong location) => new(LogLocation.FileOf(location), LogLocation.OffsetOf(location));
}

/// <summary>How far the WAL has been read or written: everything before the position, which are the frames below the number.</summary>
internal readonly record struct WalCursor(WalPosition Position, ulong NextFrame);

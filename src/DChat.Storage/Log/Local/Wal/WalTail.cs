namespace DChat.Storage.Log.Local.Wal;

/// <summary>Where the recovered log goes on.</summary>
/// <param name="Header">The header of the last file.</param>
/// <param name="Cursor">The end of its last frame.</param>
/// <param name="RecoveredBytes">How many bytes of frames were read to get there.</param>
internal readonly record struct WalTail(WalFileHeader Header, WalCursor Cursor, long RecoveredBytes);

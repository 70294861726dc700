using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DChat.Storage.Files;

/// <summary>The calls .NET has no method for: syncing data without its timestamps, and syncing a directory.</summary>
internal static partial class NativeMethods
{
    public const int Interrupted = 4; // EINTR, the same on Linux and macOS.
    public const int ReadOnly = 0; // O_RDONLY

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SyncData(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);
}

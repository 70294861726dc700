using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DChat.Storage.Files;

/// <summary>The call .NET has no method for: syncing data without its timestamps.</summary>
internal static partial class NativeMethods
{
    public const int Interrupted = 4; // EINTR, the same on Linux and macOS.

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SyncData(SafeFileHandle file);
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DChat.Abstractions.Files;

/// <summary>
/// Makes the names in a directory durable: a file that was created or renamed there may be gone after a power failure until
/// its directory is synced, even when the file itself was.
/// </summary>
public static partial class DirectorySync
{
    private const int ReadOnly = 0; // O_RDONLY
    private const int Interrupted = 4; // EINTR, the same on Linux and macOS.

    /// <summary>Waits until the directory is on disk; does nothing on Windows, where NTFS journals names with the file.</summary>
    /// <param name="path">The directory.</param>
    /// <exception cref="IOException">The directory cannot be opened or synced.</exception>
    public static void Sync(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var handle = new SafeFileHandle(Check(path, OpenDirectory(path, ReadOnly)), ownsHandle: true);
        while (SyncFile(handle) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                Check(path, -1);
            }
        }
    }

    private static int Check(string path, int result)
    {
        if (result >= 0)
        {
            return result;
        }

        var error = Marshal.GetLastPInvokeError();
        throw new IOException($"Syncing directory {path} failed: {Marshal.GetPInvokeErrorMessage(error)}.", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDirectory(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFile(SafeFileHandle file);
}

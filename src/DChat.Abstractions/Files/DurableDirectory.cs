using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DChat.Abstractions.Files;

/// <summary>
/// Makes directories, and the names in them, durable: a file that was created or renamed in one may be gone after a power
/// failure until the directory is synced, even when the file itself was.
/// </summary>
public static partial class DurableDirectory
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

    /// <summary>Makes a directory durably, with those above it, unless it is there.</summary>
    /// <param name="path">The directory, rooted.</param>
    /// <param name="mode">Its mode on Unix when it is made; null for the usual one. Those above it get the usual one.</param>
    /// <param name="sync">Makes the names in a directory durable; null for <see cref="Sync"/>.</param>
    /// <exception cref="IOException">It cannot be made, for instance because a file is in its place.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not make it.</exception>
    public static void Create(string path, UnixFileMode? mode = null, Action<string>? sync = null)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        if (new FileInfo(path).LinkTarget is { } target)
        {
            throw new IOException($"{path} leads to {target}, which is not there or no directory.");
        }

        if (File.Exists(path))
        {
            throw new IOException($"{path} is a file, and a directory belongs there.");
        }

        if (Path.GetDirectoryName(path) is not { Length: > 0 } parent)
        {
            throw new IOException($"{path} is not there.");
        }

        Create(parent, mode: null, sync);
        if (mode is { } bits && !OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path, bits);
        }
        else
        {
            Directory.CreateDirectory(path);
        }

        // The new directory itself is a name in the one that holds it.
        (sync ?? Sync)(parent);
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

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DChat.Storage.Files;

/// <summary>A file of the operating system.</summary>
internal sealed class PhysicalFile(SafeFileHandle handle) : IFile
{
    public long Length => RandomAccess.GetLength(handle);

    public int Read(Span<byte> destination, long offset)
    {
        var total = 0;
        while (total < destination.Length)
        {
            var read = RandomAccess.Read(handle, destination[total..], offset + total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }

    public void Write(ReadOnlySpan<byte> source, long offset) => RandomAccess.Write(handle, source, offset);

    public void SetLength(long length) => RandomAccess.SetLength(handle, length);

    public void Sync()
    {
        if (OperatingSystem.IsLinux())
        {
            Check(handle, NativeMethods.SyncData);
        }
        else
        {
            // Not fdatasync: on macOS it leaves the data in the drive's cache, and .NET asks for F_FULLFSYNC.
            RandomAccess.FlushToDisk(handle);
        }
    }

    public void Dispose() => handle.Dispose();

    /// <summary>Repeats a system call while signals interrupt it.</summary>
    /// <exception cref="IOException">The call failed.</exception>
    internal static void Check(SafeFileHandle handle, Func<SafeFileHandle, int> call)
    {
        while (call(handle) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != NativeMethods.Interrupted)
            {
                throw new IOException($"Syncing failed: {Marshal.GetPInvokeErrorMessage(error)}.", error);
            }
        }
    }
}

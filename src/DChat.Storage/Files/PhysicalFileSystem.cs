using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DChat.Storage.Files;

/// <summary>The file system of the operating system.</summary>
internal sealed class PhysicalFileSystem : IFileSystem
{
    private const int SharingViolationWindows = unchecked((int)0x80070020);
    private const int WouldBlockLinux = 11; // EWOULDBLOCK
    private const int WouldBlockMacOS = 35;

    /// <summary>Whether a file could not be opened because somebody else has it exclusively.</summary>
    public static bool IsLocked(IOException exception) =>
        exception.HResult is SharingViolationWindows or WouldBlockLinux or WouldBlockMacOS;

    public void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        // An entry is durable when the directory that holds it is synced.
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            CreateDirectory(parent);
            Directory.CreateDirectory(path);
            SyncDirectory(parent);
        }
        else
        {
            Directory.CreateDirectory(path);
        }
    }

    public IDisposable? TryLock(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsLocked(e))
        {
            return null;
        }
    }

    public bool Exists(string path) => File.Exists(path);

    public IReadOnlyList<string> List(string directory) =>
        [.. Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path))];

    public IFile Open(string path) => Open(path, FileMode.Open);

    public IFile Create(string path) => Open(path, FileMode.CreateNew);

    public void Replace(string source, string destination) => File.Move(source, destination, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    public void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // NTFS journals directory entries with the file; there is no call to wait for them.
        }

        var descriptor = NativeMethods.Open(path, NativeMethods.ReadOnly);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            throw new IOException($"Opening {path} failed: {Marshal.GetPInvokeErrorMessage(error)}.", error);
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        PhysicalFile.Check(handle, NativeMethods.Sync);
    }

    private static PhysicalFile Open(string path, FileMode mode) =>
        new(File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite, FileOptions.RandomAccess));
}

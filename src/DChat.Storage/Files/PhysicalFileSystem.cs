using DChat.Abstractions.Files;

namespace DChat.Storage.Files;

/// <summary>The file system of the operating system.</summary>
internal sealed class PhysicalFileSystem : IFileSystem
{
    public void CreateDirectory(string path) => DurableDirectory.Create(path);

    public IDisposable? TryLock(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (FileFaults.IsLocked(e))
        {
            return null;
        }
    }

    public bool Exists(string path) => File.Exists(path);

    public IReadOnlyList<string> List(string directory) =>
        Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path))] : [];

    public IFile Open(string path) => Open(path, FileMode.Open);

    public IFile Create(string path) => Open(path, FileMode.CreateNew);

    public void Replace(string source, string destination) => File.Move(source, destination, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    public long AvailableBytes(string directory) =>
        new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(Path.GetFullPath(directory))! : directory).AvailableFreeSpace;

    public void SyncDirectory(string path) => DurableDirectory.Sync(path);

    private static PhysicalFile Open(string path, FileMode mode) =>
        new(File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite, FileOptions.RandomAccess));
}

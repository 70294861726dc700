namespace DChat.Storage.Files;

/// <summary>What the log needs of a file system, so that a test can put a faulty one in its place.</summary>
internal interface IFileSystem
{
    /// <summary>Creates the directory and its parents, durably, unless they are there.</summary>
    void CreateDirectory(string path);

    /// <summary>Takes an exclusive lock that ends with the process at the latest.</summary>
    /// <returns>Releases the lock; null when another process, or another part of this one, holds it.</returns>
    IDisposable? TryLock(string path);

    /// <summary>Whether there is a file.</summary>
    bool Exists(string path);

    /// <summary>The names of the files in a directory, in no order; none when there is no such directory.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Opens a file that is there.</summary>
    IFile Open(string path);

    /// <summary>Creates a file that is not there; durable only after <see cref="SyncDirectory"/>.</summary>
    IFile Create(string path);

    /// <summary>Renames a file over another, atomically; durable only after <see cref="SyncDirectory"/>.</summary>
    void Replace(string source, string destination);

    /// <summary>Deletes a file; durable only after <see cref="SyncDirectory"/>.</summary>
    void Delete(string path);

    /// <summary>How many bytes this process may still write on the disk of a directory that is there.</summary>
    long AvailableBytes(string directory);

    /// <summary>Returns when creations, renames and deletions in the directory are on stable storage.</summary>
    void SyncDirectory(string path);
}

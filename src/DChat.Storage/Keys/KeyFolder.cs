using DChat.Abstractions.Files;
using DChat.Core;
using DChat.Storage.Files;

namespace DChat.Storage.Keys;

/// <summary>
/// Small secret files in a data directory: private to their owner, there whole or not at all, and durable before they are
/// used. Any process of the machine may use the folder at the same time.
/// </summary>
internal sealed class KeyFolder
{
    /// <summary>The longest file read: what is longer is not ours.</summary>
    public const int MaxFileBytes = 4_096;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly PhysicalFileSystem _files = new();
    private readonly string _root;

    /// <summary>Opens the data directory, creating it if need be.</summary>
    /// <exception cref="DChatException">It cannot be used (<c>key-unavailable</c>).</exception>
    public KeyFolder(string root)
    {
        _root = Path.GetFullPath(root);
        Try(_root, () => _files.CreateDirectory(_root));
    }

    /// <summary>Where a file is.</summary>
    public string PathOf(string name) => Path.Combine(_root, name);

    /// <summary>Makes a folder that is private to its owner, or checks that the one there is.</summary>
    /// <exception cref="DChatException">Others may use it (<c>key-permissions</c>), or it cannot be made (<c>key-unavailable</c>).</exception>
    public void CreatePrivateFolder(string name)
    {
        var path = PathOf(name);
        Try(path, () =>
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
                return;
            }

            if (!Directory.Exists(path))
            {
                Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
                _files.SyncDirectory(_root);
            }

            if ((File.GetUnixFileMode(path) & Others) != 0)
            {
                throw KeyErrors.Permissions(path, "700");
            }
        });
    }

    /// <summary>The names of the files in a folder that end in <paramref name="suffix"/>.</summary>
    public IReadOnlyList<string> List(string folder, string suffix) => Try(
        PathOf(folder),
        () => _files.List(PathOf(folder)).Where(name => name.EndsWith(suffix, StringComparison.Ordinal)).ToArray());

    /// <summary>Reads a file whole; null when there is none.</summary>
    /// <param name="name">The file.</param>
    /// <param name="isSecret">Whether to refuse one that others may use.</param>
    /// <exception cref="DChatException">Others may use it (<c>key-permissions</c>), it is too long (<c>key-corrupt</c>) or out of reach (<c>key-unavailable</c>).</exception>
    public byte[]? Read(string name, bool isSecret)
    {
        using var file = Open(name, FileShare.ReadWrite);
        return file is null ? null : Read(file, isSecret);
    }

    /// <summary>Opens a secret file and keeps every other process from doing so until it is disposed; null when there is none.</summary>
    /// <exception cref="DChatException">It is out of reach (<c>key-unavailable</c>).</exception>
    /// <exception cref="IOException">Another process has it; see <see cref="FileFaults.IsLocked"/>.</exception>
    public FileStream? OpenExclusively(string name) => Open(name, FileShare.None);

    /// <summary>Reads an open file whole.</summary>
    /// <exception cref="DChatException">As for reading by name.</exception>
    public static byte[] Read(FileStream file, bool isSecret) => Try(file.Name, () =>
    {
        if (isSecret && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0)
        {
            throw KeyErrors.Permissions(file.Name, "600");
        }

        if (file.Length > MaxFileBytes)
        {
            throw KeyErrors.Corrupt(file.Name, "it is too long");
        }

        var content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    });

    /// <summary>Creates a file, durably and whole; does nothing when there is one, also when another process was just faster.</summary>
    public void CreateUnlessThere(string name, ReadOnlySpan<byte> content)
    {
        var path = PathOf(name);
        var draft = WriteDraft(path, content);
        Try(path, () =>
        {
            try
            {
                // Without overwriting this links and never replaces, so of several processes one wins.
                File.Move(draft, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(draft);
            }

            // Also when another process was faster: what is read next must not be lost again.
            _files.SyncDirectory(Path.GetDirectoryName(path)!);
            RemoveDrafts(path);
        });
    }

    /// <summary>Replaces a file, durably and whole; the caller is the only one that does.</summary>
    public void Replace(string name, ReadOnlySpan<byte> content)
    {
        var path = PathOf(name);
        var draft = WriteDraft(path, content);
        Try(path, () =>
        {
            _files.Replace(draft, path);
            _files.SyncDirectory(Path.GetDirectoryName(path)!);
            RemoveDrafts(path);
        });
    }

    private static string WriteDraft(string path, ReadOnlySpan<byte> content)
    {
        var draft = $"{path}.{Guid.NewGuid():N}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        try
        {
            using var file = new FileStream(draft, options);
            file.Write(content);
            file.Flush(flushToDisk: true);
            return draft;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw KeyErrors.Unavailable(draft, e);
        }
    }

    // What processes left that died half-way; whoever still writes one finds that it was not the first anyway.
    private static void RemoveDrafts(string path)
    {
        foreach (var draft in Directory.GetFiles(Path.GetDirectoryName(path)!, $"{Path.GetFileName(path)}.*.tmp"))
        {
            File.Delete(draft);
        }
    }

    private FileStream? Open(string name, FileShare share)
    {
        var path = PathOf(name);
        try
        {
            return new FileStream(path, new FileStreamOptions { Share = share, BufferSize = 0 });
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is UnauthorizedAccessException || (e is IOException io && !FileFaults.IsLocked(io)))
        {
            throw KeyErrors.Unavailable(path, e);
        }
    }

    private static void Try(string path, Action action) => Try(path, () =>
    {
        action();
        return true;
    });

    private static T Try<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw KeyErrors.Unavailable(path, e);
        }
    }
}

using DChat.Core;

namespace DChat.Abstractions.Files;

/// <summary>
/// Small secret files in a folder: private to their owner, there whole or not at all, and durable when a write returns.
/// Every fault is a <see cref="DChatException"/> that names the path and says what to do. Any process of the machine may use
/// the folder at the same time; who replaces a file holds a lock.
/// </summary>
/// <param name="path">The folder; <see cref="CreateFolder"/> makes it.</param>
/// <param name="codes">What its faults are called.</param>
/// <param name="maxFileBytes">The longest file read: what is longer is not ours.</param>
/// <param name="syncDirectory">Makes the names in a directory durable; null for <see cref="DurableDirectory.Sync"/>.</param>
/// <param name="syncFile">Makes the content of a file durable; null for the system's.</param>
public sealed class PrivateFolder(
    string path,
    PrivateFolderCodes codes,
    int maxFileBytes,
    Action<string>? syncDirectory = null,
    Action<FileStream>? syncFile = null)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly Action<string> _syncDirectory = syncDirectory ?? DurableDirectory.Sync;
    private readonly Action<FileStream> _syncFile = syncFile ?? (file => file.Flush(flushToDisk: true));

    /// <summary>The folder's full path.</summary>
    public string Root { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    /// <summary>Where a file is.</summary>
    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Makes a folder durably, with those above it, unless it is there.</summary>
    /// <param name="name">Its name here; empty for the folder itself.</param>
    /// <param name="isPrivate">Whether a new one is its owner's alone.</param>
    /// <exception cref="DChatException">It cannot be made (unavailable).</exception>
    public void CreateFolder(string name = "", bool isPrivate = true)
    {
        var folder = Path.TrimEndingDirectorySeparator(PathOf(name));
        Try(folder, () => DurableDirectory.Create(folder, isPrivate ? OwnerOnly | UnixFileMode.UserExecute : null, _syncDirectory));
    }

    /// <summary>Refuses a folder or file that others may use.</summary>
    /// <exception cref="DChatException">Others may use it (permissions), or it is out of reach (unavailable).</exception>
    public void RequirePrivate(string name)
    {
        var secret = PathOf(name);
        var mode = Try(secret, () => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(secret));
        if ((mode & Others) != 0)
        {
            throw OpenToOthers(secret, Directory.Exists(secret) ? "700" : "600");
        }
    }

    /// <summary>Whether there is a file.</summary>
    public bool Exists(string name) => File.Exists(PathOf(name));

    /// <summary>The names of the files in a folder that end in <paramref name="suffix"/>, in no order.</summary>
    /// <exception cref="DChatException">The folder is out of reach (unavailable).</exception>
    public IReadOnlyList<string> List(string folder, string suffix) => Try(
        PathOf(folder),
        () => Directory.EnumerateFiles(PathOf(folder)).Select(file => Path.GetFileName(file))
            .Where(name => name.EndsWith(suffix, StringComparison.Ordinal)).ToArray());

    /// <summary>Reads a file whole; null when there is none.</summary>
    /// <param name="name">The file.</param>
    /// <param name="isSecret">Whether to refuse one that others may use.</param>
    /// <exception cref="DChatException">Others may use it (permissions), it is too long (corrupt) or out of reach (unavailable).</exception>
    public byte[]? Read(string name, bool isSecret = true)
    {
        using var file = Try(PathOf(name), () =>
        {
            try
            {
                return Open(PathOf(name), new FileStreamOptions { Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 });
            }
            catch (FileNotFoundException)
            {
                return null;
            }
        });
        return file is null ? null : Read(file, isSecret);
    }

    /// <summary>Reads an open file whole.</summary>
    /// <exception cref="DChatException">As for reading by name.</exception>
    public byte[] Read(FileStream file, bool isSecret = true)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Try(file.Name, () =>
        {
            if (isSecret && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0)
            {
                throw OpenToOthers(file.Name, "600");
            }

            if (file.Length > maxFileBytes)
            {
                throw Corrupt(file.Name, $"it is longer than {maxFileBytes} bytes");
            }

            var content = new byte[file.Length];
            file.ReadExactly(content);
            return content;
        });
    }

    /// <summary>Opens a file that no other process may lock until the result is disposed or this process ends.</summary>
    /// <param name="name">The file; with <see cref="FileMode.OpenOrCreate"/> it is made if there is none.</param>
    /// <param name="mode">Whether it must be there.</param>
    /// <param name="access">What the caller does with it.</param>
    /// <returns>The open file; null when another process, or another part of this one, holds it.</returns>
    /// <exception cref="DChatException">It is out of reach, for instance read-only (unavailable).</exception>
    public FileStream? TryLock(string name, FileMode mode, FileAccess access) => Try(PathOf(name), () =>
    {
        try
        {
            return Open(PathOf(name), Options(mode, access));
        }
        catch (IOException failure) when (FileFaults.IsLocked(failure))
        {
            return null;
        }
    });

    /// <summary>Creates a file, durably and whole; does nothing when there is one, also when another process was just faster.</summary>
    /// <exception cref="DChatException">It cannot be written (unavailable).</exception>
    public void CreateUnlessThere(string name, ReadOnlySpan<byte> content)
    {
        var file = PathOf(name);
        var draft = WriteDraft(file, content);
        Put(file, draft, () =>
        {
            try
            {
                // Without overwriting this links and never replaces, so of several processes one wins.
                File.Move(draft, file, overwrite: false);
            }
            catch (IOException) when (File.Exists(file))
            {
                File.Delete(draft);
            }
        });
    }

    /// <summary>Replaces a file, durably and whole: a crash leaves the old content or the new. The caller is the only one that does.</summary>
    /// <exception cref="DChatException">It cannot be written (unavailable); after this error a crash may still bring back the old content.</exception>
    public void Replace(string name, ReadOnlySpan<byte> content)
    {
        var file = PathOf(name);
        var draft = WriteDraft(file, content);
        Put(file, draft, () => File.Move(draft, file, overwrite: true));
    }

    /// <summary>
    /// Makes sure of a file that is there already: a process that was killed after it made the name may have left the name
    /// not durable, and its draft, which holds the same secret, beside it.
    /// </summary>
    /// <exception cref="DChatException">The folder cannot be written (unavailable).</exception>
    public void Settle(string name)
    {
        var file = PathOf(name);
        Try(file, () =>
        {
            _syncDirectory(Path.GetDirectoryName(file)!);
            RemoveDrafts(file);
        });
    }

    /// <summary>The error of a file that is not what it should be.</summary>
    public DChatException Corrupt(string name, string reason, Exception? inner = null) => new(
        codes.Corrupt,
        $"{PathOf(name)} is damaged or not a DChat file: {reason}. It was left as it is; restore it from a copy or move it away.",
        inner: inner);

    /// <summary>The error of a file that the system does not let us use, and what to do about it.</summary>
    public DChatException Unavailable(string name, Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return new(codes.Unavailable, FileFaults.Describe(PathOf(name), failure), inner: failure);
    }

    private DChatException OpenToOthers(string secret, string mode) =>
        new(codes.Permissions, $"{secret} holds secrets and others may use it: run chmod {mode} on it.");

    // The draft has a name of its own, because several processes may create the same file at once.
    private string WriteDraft(string file, ReadOnlySpan<byte> content)
    {
        var draft = $"{file}.{Guid.NewGuid():N}.tmp";
        try
        {
            using var stream = File.Open(draft, Options(FileMode.CreateNew, FileAccess.Write));
            stream.Write(content);
            _syncFile(stream);
            return draft;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            DeleteIfPossible(draft);
            throw Unavailable(file, failure);
        }
    }

    private void Put(string file, string draft, Action rename) => Try(file, () =>
    {
        try
        {
            rename();
        }
        catch
        {
            DeleteIfPossible(draft);
            throw;
        }

        // Until the directory is on disk, a power failure may undo the rename. This holds for the name that another process made too.
        _syncDirectory(Path.GetDirectoryName(file)!);
        RemoveDrafts(file);
    });

    // On a full disk each attempt would otherwise leave one more.
    private static void DeleteIfPossible(string draft)
    {
        try
        {
            File.Delete(draft);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The fault that led here is the one to tell.
        }
    }

    // Removes what crashed processes left. A process that is still writing its draft then fails to create the file; the file
    // is there already, so it loses nothing.
    private static void RemoveDrafts(string file)
    {
        foreach (var draft in Directory.GetFiles(Path.GetDirectoryName(file)!, $"{Path.GetFileName(file)}.*.tmp"))
        {
            File.Delete(draft);
        }

        // Earlier versions had one name for all.
        File.Delete(file + ".tmp");
    }

    private static FileStream Open(string file, FileStreamOptions options)
    {
        try
        {
            return File.Open(file, options);
        }
        catch (UnauthorizedAccessException) when (Directory.Exists(file))
        {
            throw new IOException("It is a directory, and a file belongs there.");
        }
    }

    // No sharing: on Unix that is an advisory lock, which other processes of ours honour.
    private static FileStreamOptions Options(FileMode mode, FileAccess access)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open)
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return options;
    }

    private void Try(string file, Action action) => Try(file, () =>
    {
        action();
        return true;
    });

    private T Try<T>(string file, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(file, failure);
        }
    }
}

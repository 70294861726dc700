using DChat.Abstractions.Files;
using DChat.Core;

namespace DChat.Client.Devices;

/// <summary>The files of a home directory: private to their owner, replaced whole or not at all, under one lock.</summary>
internal sealed class HomeDirectory
{
    /// <summary>How long a caller waits for another process to finish with the directory.</summary>
    internal static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The longest file read: what is longer is not ours.</summary>
    internal const int MaxFileBytes = 4 * 1024 * 1024;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const int NoSpaceLeft = 28;
    private const int ReadOnlyFileSystem = 30;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(10);

    private readonly TimeProvider _time;
    private readonly Action<string> _syncDirectory;

    /// <summary>Opens a directory, creating it if need be.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="time">The clock that bounds waiting for the lock.</param>
    /// <param name="syncDirectory">Makes the names in a directory durable; null for <see cref="DirectorySync.Sync"/>.</param>
    public HomeDirectory(string path, TimeProvider time, Action<string>? syncDirectory = null)
    {
        Root = Path.GetFullPath(path);
        _time = time;
        _syncDirectory = syncDirectory ?? DirectorySync.Sync;
        CreateFolder("");
    }

    /// <summary>The directory's full path.</summary>
    public string Root { get; }

    /// <summary>Where a file of the directory is.</summary>
    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Takes the lock that every change goes under; disposing the result releases it, and so does a crash.</summary>
    public async Task<IDisposable> LockAsync(CancellationToken cancellationToken)
    {
        var path = PathOf("lock");
        var start = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path, Options(FileMode.OpenOrCreate));
            }
            catch (IOException failure) when (FileFaults.IsLocked(failure) && _time.GetElapsedTime(start) < LockTimeout)
            {
                await Task.Delay(LockPoll, _time, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException failure) when (FileFaults.IsLocked(failure))
            {
                throw new DChatException(
                    DChatErrorCodes.HomeLocked, $"Another process is using {Root}; try again when it has finished.", isTransient: true, failure);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw Unavailable(path, failure);
            }
        }
    }

    /// <summary>Makes a folder of the directory, if there is none; an empty name is the directory itself.</summary>
    public void CreateFolder(string name)
    {
        var path = PathOf(name);
        try
        {
            if (Directory.Exists(path))
            {
                return;
            }

            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
            }

            // The new folder itself is a name in the one that holds it.
            _syncDirectory(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(path))!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(path, failure);
        }
    }

    /// <summary>Reads a file whole; null when there is none.</summary>
    public byte[]? Read(string name)
    {
        var path = PathOf(name);
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                return null;
            }

            if (!OperatingSystem.IsWindows() && (file.UnixFileMode & Others) != 0)
            {
                throw new DChatException(
                    DChatErrorCodes.HomeUnavailable, $"{path} holds secrets and others may read or write it: run chmod 600 on it.");
            }

            return file.Length <= MaxFileBytes ? File.ReadAllBytes(path) : throw Corrupt(name, "it is too long");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(path, failure);
        }
    }

    /// <summary>Writes a file whole and durably. The caller holds the lock.</summary>
    public void Write(string name, ReadOnlySpan<byte> content)
    {
        var path = PathOf(name);
        var draft = path + ".tmp";
        try
        {
            using (var file = new FileStream(draft, Options(FileMode.Create)))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: true);

            // Until the directory is on disk, a power failure may bring back the file that was replaced, or none: a lost sequence
            // file makes the device use sequences again, which its readers take for proof of cheating.
            _syncDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(path, failure);
        }
    }

    /// <summary>Opens a file to read and change it in place.</summary>
    public FileStream OpenForUpdate(string name)
    {
        var path = PathOf(name);
        try
        {
            return new FileStream(path, Options(FileMode.Open));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(path, failure);
        }
    }

    /// <summary>The error of a file that is not what it should be.</summary>
    public DChatException Corrupt(string name, string reason, Exception? inner = null) => new(
        DChatErrorCodes.HomeCorrupt,
        $"{PathOf(name)} is damaged or not a DChat file: {reason}. It was left as it is; restore it from a copy or move it away.",
        isTransient: false,
        inner);

    /// <summary>
    /// The error of damaged sequences. Neither a copy of the file nor none at all knows what the device has used since, and a
    /// sequence used twice looks like cheating: only another device is safe.
    /// </summary>
    public DChatException CorruptSequences(string name, string reason) => new(
        DChatErrorCodes.HomeCorrupt,
        $"{PathOf(name)} is damaged: {reason}. Do not restore or delete it: the device would look like a cheat. Move the whole directory "
        + $"{Root} away, and a new device is made in its place; the old {TopicBook.FileName} may be copied to it.");

    /// <summary>The error of a file that the system does not let us use, and what to do about it.</summary>
    public static DChatException Unavailable(string path, Exception failure) => new(
        DChatErrorCodes.HomeUnavailable,
        failure.HResult switch
        {
            ReadOnlyFileSystem => $"{path} cannot be written: its file system is read-only. Use a directory that can be written.",
            NoSpaceLeft or WindowsDiskFull => $"{path} cannot be written: its disk is full. Free some space.",
            _ when failure is UnauthorizedAccessException => $"{path} may not be read or written by this user: change its owner or mode, or use another directory.",
            _ => $"{path} cannot be used: {failure.Message}",
        },
        isTransient: false,
        failure);

    // No sharing: on Unix that is an advisory lock, which other processes of ours honour.
    private static FileStreamOptions Options(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open)
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return options;
    }
}

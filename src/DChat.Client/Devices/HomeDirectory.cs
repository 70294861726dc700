using DChat.Abstractions.Files;
using DChat.Core;

namespace DChat.Client.Devices;

/// <summary>The files of a home directory, and the one lock under which all processes change them.</summary>
internal sealed class HomeDirectory
{
    /// <summary>How long a caller waits for another process to finish with the directory.</summary>
    internal static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(5);

    private const int MaxFileBytes = 4 * 1024 * 1024;
    private const string LockFile = "lock";
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(10);
    private static readonly PrivateFolderCodes Codes =
        new(DChatErrorCodes.HomeUnavailable, DChatErrorCodes.HomeUnavailable, DChatErrorCodes.HomeCorrupt);

    private readonly TimeProvider _time;

    /// <summary>Opens a directory, creating it if need be.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="time">The clock that bounds waiting for the lock.</param>
    public HomeDirectory(string path, TimeProvider time)
    {
        _time = time;
        Files = new PrivateFolder(path, Codes, MaxFileBytes);
        Files.CreateFolder();
    }

    /// <summary>The files; only a holder of the lock changes them.</summary>
    public PrivateFolder Files { get; }

    /// <summary>Takes the lock that every change goes under; disposing the result releases it, and so does a crash.</summary>
    public async Task<IDisposable> LockAsync(CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        while (true)
        {
            if (Files.TryLock(LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite) is { } held)
            {
                return held;
            }

            if (_time.GetElapsedTime(start) >= LockTimeout)
            {
                throw Locked();
            }

            await Task.Delay(LockPoll, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The error of a directory that another process keeps to itself.</summary>
    public DChatException Locked() => new(
        DChatErrorCodes.HomeLocked, $"Another process is using {Files.Root}; try again when it has finished.", isTransient: true);

    /// <summary>
    /// The error of damaged sequences. Neither a copy of the file nor none at all knows what the device has used since, and a
    /// sequence used twice looks like cheating: only another device is safe.
    /// </summary>
    public DChatException CorruptSequences(string name, string reason) => new(
        DChatErrorCodes.HomeCorrupt,
        $"{Files.PathOf(name)} is damaged: {reason}. Do not restore or delete it: the device would look like a cheat. Move the whole directory "
        + $"{Files.Root} away, and a new device is made in its place; the old {TopicBook.FileName} may be copied to it.");
}

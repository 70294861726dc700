using DChat.Client.Identities;
using DChat.Core;
using DChat.Core.Identity;
using DChat.Core.Keys;

namespace DChat.Client.Devices;

/// <summary>
/// A device on disk: a directory with its key, its topics and the sequences it has used. Several processes may share it.
/// A copy of it is the same device with a different memory: two copies that send betray each other as cheats.
/// </summary>
public sealed class DChatHome : IDeviceStore, IDisposable
{
    private readonly HomeDirectory _directory;

    private DChatHome(HomeDirectory directory, DeviceSecret device, TimeProvider time)
    {
        _directory = directory;
        Device = device;
        Topics = new TopicBook(directory);
        Identities = new HomeIdentityStore(directory, Topics);
        Shared = new SharedBook(Identities, device.PublicKey, time);
    }

    /// <summary><c>.dchat</c> in the user's home directory.</summary>
    public static string DefaultPath => System.IO.Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dchat");

    /// <summary>The directory.</summary>
    public string Path => _directory.Files.Root;

    /// <inheritdoc/>
    public DeviceSecret Device { get; }

    internal HomeIdentityStore Identities { get; }

    /// <summary>The topics kept here.</summary>
    public TopicBook Topics { get; }

    /// <summary>What the person's devices share.</summary>
    public SharedBook Shared { get; }

    /// <summary>Opens a home directory; makes it, with a new device key, if there is none.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="time">The clock that bounds waiting for locks. Default: null, the system's.</param>
    /// <exception cref="DChatException">It cannot be used (<c>home-unavailable</c>) or its key file is not ours (<c>home-corrupt</c>).</exception>
    public static DChatHome Open(string path, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var clock = time ?? TimeProvider.System;
        var directory = new HomeDirectory(path, clock);
        return new DChatHome(directory, DeviceFile.LoadOrCreate(directory), clock);
    }

    /// <inheritdoc/>
    public async ValueTask<ulong> ReserveAsync(AuthorKey author, int count, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, IDeviceStore.MaxReservation);
        using var _ = await _directory.LockAsync(cancellationToken).ConfigureAwait(false);
        return new SequenceFile(_directory, author).Reserve(count);
    }

    /// <inheritdoc/>
    public void Dispose() => Device.Dispose();
}

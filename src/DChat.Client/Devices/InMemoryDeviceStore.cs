using System.Collections.Concurrent;
using DChat.Core.Identity;
using DChat.Core.Keys;

namespace DChat.Client.Devices;

/// <summary>
/// A new device that lives as long as the object. It cannot be given a key, because a device that comes back must remember
/// its sequences.
/// </summary>
public sealed class InMemoryDeviceStore : IDeviceStore, IDisposable
{
    private readonly ConcurrentDictionary<AuthorKey, ulong> _reserved = new();

    /// <inheritdoc/>
    public DeviceSecret Device { get; } = DeviceSecret.Generate();

    /// <inheritdoc/>
    public ValueTask<ulong> ReserveAsync(AuthorKey author, int count, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, IDeviceStore.MaxReservation);
        var end = _reserved.AddOrUpdate(author, (ulong)count, (_, reserved) => reserved + (ulong)count);
        return ValueTask.FromResult(end - (ulong)count + 1);
    }

    /// <inheritdoc/>
    public void Dispose() => Device.Dispose();
}

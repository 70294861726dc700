using DChat.Abstractions.Messages;
using DChat.Core;

namespace DChat.Abstractions.Grains;

/// <summary>
/// What one device has sealed for the others of its identity, in grain state. It can be read by anybody and opened by those devices
/// alone. Key: <see cref="GrainKeys.DeviceState"/>.
/// </summary>
[Alias("dchat.IDeviceStateGrain"), GrainInterfaceType("dchat.IDeviceStateGrain")]
public interface IDeviceStateGrain : IGrainWithStringKey
{
    /// <summary>Keeps a state, unless a later one of the device is known; returns when it is durable.</summary>
    /// <returns>The later one; null when the given one is kept.</returns>
    /// <exception cref="DChatException">
    /// It is no state of this device, or is not signed (<c>device-state-malformed</c>), or the device is not one of the identity's now
    /// (<c>device-not-active</c>).
    /// </exception>
    [Alias("WriteAsync")]
    Task<SealedStateBytes?> WriteAsync(SealedStateBytes state);

    /// <summary>Reads the state.</summary>
    [Alias("ReadAsync")]
    Task<SealedStateReply> ReadAsync(SealedStateQuery query);

    /// <summary>Forgets the state, because the device was revoked.</summary>
    [Alias("ClearAsync"), ClusterOnly]
    Task ClearAsync();
}

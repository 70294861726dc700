using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Identity;
using Orleans.Concurrency;

namespace DChat.Abstractions.Grains;

/// <summary>
/// The device log of an identity, held in grain state. Anybody may bring entries, because each says by its signature whether it
/// holds. Key: <see cref="GrainKeys.Identity"/>.
/// </summary>
[Alias("dchat.IIdentityGrain"), GrainInterfaceType("dchat.IIdentityGrain")]
public interface IIdentityGrain : IGrainWithStringKey
{
    /// <summary>Keeps the entries that hold; returns when they are durable.</summary>
    /// <exception cref="DChatException">
    /// There are too many, or one is no entry or not signed (<c>device-log-malformed</c>), or the caller has begun too many identities
    /// (<c>over-quota</c>, transient); nothing was kept.
    /// </exception>
    [Alias("AppendAsync")]
    Task<DeviceLogReply> AppendAsync(DeviceLogEntries entries);

    /// <summary>Reads entries in the order in which they came.</summary>
    /// <param name="skip">How many to pass over.</param>
    [Alias("ReadAsync")]
    Task<DeviceLogPage> ReadAsync(int skip);

    /// <summary>How a device stands. Answers while entries are being kept.</summary>
    /// <param name="device">The 32 bytes of the device key.</param>
    [Alias("StandingOfAsync"), ClusterOnly, AlwaysInterleave]
    Task<DeviceStanding> StandingOfAsync(byte[] device);
}

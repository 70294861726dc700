using DChat.Core;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Client;

/// <summary>
/// A person's devices: which there are, and what they share. What is shared is kept here, sealed to the devices of the identity, and
/// exchanged by <see cref="SyncAsync"/>; the relay cannot read it. Thread-safe; one a process is enough. Faults are
/// <see cref="DChatException"/>s with a stable code, see <see cref="DChatErrorCodes"/>.
/// </summary>
public interface IDChatDevices
{
    /// <summary>The most identities that are followed.</summary>
    const int MaxFollowed = 1024;

    /// <summary>The identity that this device belongs to, or has asked to belong to; null when neither.</summary>
    /// <exception cref="DChatException">The home directory cannot be used (<c>home-…</c>).</exception>
    IdentityId? Identity { get; }

    /// <summary>The identities of others whose logs are known here, by id ascending: by them messages of revoked devices are told (<see cref="ReceivedMessage.Standing"/>).</summary>
    /// <exception cref="DChatException">The home directory cannot be used (<c>home-…</c>).</exception>
    IReadOnlyList<IdentityId> Followed { get; }

    /// <summary>What is known here of an identity's log, without asking the cluster.</summary>
    /// <exception cref="DChatException">The home directory cannot be used (<c>home-…</c>).</exception>
    DeviceLogView View(IdentityId identity);

    /// <summary>Begins an identity with this device.</summary>
    /// <param name="recovery">The public recovery key; null for none: then nobody settles a fork, and all is lost with the last device.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="DChatException">The device has an identity (<c>device-has-identity</c>), the caller has begun too many (<c>over-quota</c>), or the cluster did not answer in time (<c>silo-unavailable</c>).</exception>
    Task<IdentityId> CreateAsync(Bytes32? recovery, CancellationToken cancellationToken = default);

    /// <summary>Asks for this device to be added to an identity. A device of the identity takes the request by <see cref="AddAsync"/>; then <see cref="SyncAsync"/> takes over.</summary>
    /// <returns>The request as text, without secrets.</returns>
    /// <exception cref="DChatException">The device belongs to an identity (<c>device-has-identity</c>), or the cluster did not answer in time (<c>silo-unavailable</c>).</exception>
    Task<string> RequestAsync(IdentityId identity, CancellationToken cancellationToken = default);

    /// <summary>Adds a device to this device's identity, and seals to it what is shared.</summary>
    /// <param name="request">What <see cref="RequestAsync"/> returned on the device.</param>
    /// <param name="name">What the devices call it; null for nothing. The relay does not see it.</param>
    /// <param name="recovery">The recovery key to sign with; null to sign as this device.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="DChatException">
    /// The text is no request of this network (<c>device-request-invalid</c>), is for another identity (<c>device-request-foreign</c>), the log is forked
    /// (<c>device-log-frozen</c>) or refuses it (<c>device-log-refused</c>), this device has no identity (<c>device-without-identity</c>), or the cluster did not answer in time (<c>silo-unavailable</c>).
    /// </exception>
    Task<DeviceKey> AddAsync(string request, string? name = null, SigningKey? recovery = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Revokes a device of this device's identity. What it has written until now in the topics that are read here stays valid, all else is
    /// not: of each of its author keys the revocation names the last sequence.
    /// </summary>
    /// <param name="device">The device; may be this one.</param>
    /// <param name="topics">The topics to look through besides those of the home directory.</param>
    /// <param name="recovery">The recovery key to sign with; null to sign as this device. Only what it signs cannot be contested by a thief.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How many author keys are named.</returns>
    /// <exception cref="DChatException">As for <see cref="AddAsync"/>.</exception>
    Task<int> RevokeAsync(
        DeviceKey device, IEnumerable<Topic>? topics = null, SigningKey? recovery = null, CancellationToken cancellationToken = default);

    /// <summary>Says which branch of a fork counts.</summary>
    /// <param name="kept">An entry of the branch, one of <see cref="DeviceFork.Entries"/>.</param>
    /// <param name="keepsRevocations">Whether what the other branches revoke counts; they do not if a thief revoked there.</param>
    /// <param name="recovery">The recovery key.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="DChatException">As for <see cref="AddAsync"/>.</exception>
    Task SettleAsync(DeviceEntryId kept, bool keepsRevocations, SigningKey recovery, CancellationToken cancellationToken = default);

    /// <summary>Knows the log of somebody's identity from now on, and keeps it fresh.</summary>
    /// <exception cref="DChatException">There are <see cref="MaxFollowed"/> (<c>too-many-identities</c>), or the cluster did not answer in time (<c>silo-unavailable</c>).</exception>
    Task<DeviceLogView> FollowAsync(IdentityId identity, CancellationToken cancellationToken = default);

    /// <summary>
    /// Brings the logs known here and in the cluster together and, as a device of its identity, reads what the other devices have sealed, merges it, and
    /// seals anew what they lack. Devices that have seen each other's states hold the same, whatever the order.
    /// </summary>
    /// <exception cref="DChatException">
    /// What is shared is too long (<c>shared-state-full</c>), the home directory cannot be used (<c>home-…</c>), or the cluster did not answer in time (<c>silo-unavailable</c>).
    /// </exception>
    Task<DeviceSyncReport> SyncAsync(CancellationToken cancellationToken = default);

    /// <summary>What the devices call one of them; null when nothing.</summary>
    string? NameOf(DeviceKey device);

    /// <summary>Up to where the person has read a topic, on whatever device; null when they have not.</summary>
    ReadMarker? ReadMarkerOf(Topic topic);

    /// <summary>Marks a topic as read up to a message. The last mark counts.</summary>
    Task MarkReadAsync(ReceivedMessage through, CancellationToken cancellationToken = default);

    /// <summary>Whether the person wants no notice of a topic.</summary>
    bool IsMuted(Topic topic);

    /// <summary>Mutes a topic, or no longer. The last word counts.</summary>
    Task SetMutedAsync(Topic topic, bool isMuted, CancellationToken cancellationToken = default);

    /// <summary>The values of a field that the person writes on any device, such as a display name. Several, when devices that did not know of each other wrote it.</summary>
    IReadOnlyList<string> Field(string name);

    /// <summary>Writes a field in place of all values that it has here.</summary>
    /// <exception cref="ArgumentException">The name or the value is too long: see <see cref="SharedState"/>.</exception>
    Task WriteFieldAsync(string name, string value, CancellationToken cancellationToken = default);
}

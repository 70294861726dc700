using DChat.Core.Keys;

namespace DChat.Core.Identity;

/// <summary>A device as an identity's log tells of it.</summary>
/// <param name="Device">The device.</param>
/// <param name="Box">Its key to which states are sealed.</param>
/// <param name="Standing">How it stands.</param>
/// <param name="AddedBy">The entry that added it; of several the one with the least sequence, then the least id.</param>
/// <param name="AddedAt">The sequence of that entry.</param>
/// <param name="RevokedBy">The entries that revoked it, by id ascending.</param>
public sealed record IdentityDevice(
    DeviceKey Device, BoxKey Box, DeviceStanding Standing, DeviceEntryId AddedBy, ulong AddedAt, IReadOnlyList<DeviceEntryId> RevokedBy);

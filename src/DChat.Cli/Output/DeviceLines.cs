namespace DChat.Cli.Output;

/// <summary>An identity; its devices and forks follow.</summary>
internal sealed record IdentityLine(string Type, string Identity, bool Frozen, ulong Head, string? Recovery, int Devices, int Forks);

/// <summary>A device of the identity. Self is left out of others.</summary>
internal sealed record IdentityDeviceLine(
    string Type, string Identity, string Device, string? Name, string Standing, ulong AddedAt, string AddedBy, string[] RevokedBy, bool? Self);

/// <summary>A fork of the device log. Kept is left out while it is not settled.</summary>
internal sealed record ForkLine(string Type, string Identity, ulong Sequence, string[] Entries, string? Kept);

/// <summary>The recovery key of a new identity.</summary>
internal sealed record RecoveryKeyLine(string Type, string RecoveryKey);

/// <summary>A device asks to be added.</summary>
internal sealed record DeviceRequestLine(string Type, string Identity, string Device, string Request);

/// <summary>A device was added or revoked.</summary>
internal sealed record DeviceChangedLine(string Type, string Device, int? AuthorKeys);

/// <summary>What came of a sync.</summary>
internal sealed record DeviceSyncedLine(string Type, string Standing, int StatesRead, bool Written, int TopicsAdded);

/// <summary>What the devices share about a topic.</summary>
internal sealed record TopicStateLine(string Type, string Topic, bool Public, string? ReadCursor, string? ReadMessage, DateTimeOffset? ReadSentAt, bool Muted);

/// <summary>A note.</summary>
internal sealed record DeviceNoteLine(string Type, string Name, string[] Texts);

namespace DChat.Abstractions.Messages;

/// <summary>Some of a device log, each entry after those it follows.</summary>
/// <param name="Entries">Encoded <c>SignedStatement</c>s, at most about <see cref="DeviceLogEntries.MaxBytes"/>.</param>
/// <param name="Total">How many entries there are.</param>
[GenerateSerializer, Immutable, Alias("dchat.DeviceLogPage")]
public sealed record DeviceLogPage([property: Id(0)] byte[][] Entries, [property: Id(1)] int Total);

using DChat.Core.Identity;

namespace DChat.Abstractions.Messages;

/// <summary>What became of entries that were brought to a device log. What is kept is durable.</summary>
/// <param name="Outcomes">The outcome of each.</param>
[GenerateSerializer, Immutable, Alias("dchat.DeviceLogReply")]
public sealed record DeviceLogReply([property: Id(0)] DeviceLogOutcome[] Outcomes);

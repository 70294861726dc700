namespace DChat.Libp2p.Names;

/// <summary>What is known about a name.</summary>
/// <param name="Records">The records; none when the name does not exist.</param>
/// <param name="TimeToLive">How long that holds.</param>
public sealed record NameAnswer<T>(IReadOnlyList<T> Records, TimeSpan TimeToLive);

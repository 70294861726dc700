namespace DChat.Libp2p.Protocols.Kad.Wire;

/// <summary>A value and its key: <c>{1 key, 2 value, 5 timeReceived}</c>.</summary>
/// <param name="Key">The key, with its namespace: <c>/ns/…</c>.</param>
/// <param name="Value">The value. Its validator knows what it means.</param>
/// <param name="TimeReceived">When the sender received it, as RFC 3339 says. Informative: anyone can write anything.</param>
internal sealed record KadRecord(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, string? TimeReceived = null);

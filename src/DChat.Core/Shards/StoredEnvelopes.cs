namespace DChat.Core.Shards;

/// <summary>What a log has read back.</summary>
/// <param name="Bytes">The envelopes that could be read, back to back in the order asked for.</param>
/// <param name="Holes">The sequences asked for whose stored bytes are damaged, in the order asked for.</param>
public sealed record StoredEnvelopes(byte[] Bytes, IReadOnlyList<ulong> Holes);

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>
/// Says which records of a namespace are right, and which of several is best (kad-dht/README.md, "Entry validation"). Called
/// for what peers want stored and for what they return, by several threads at once. What it throws counts as a no.
/// </summary>
public interface IRecordValidator
{
    /// <summary>Whether a value is right for its key now: signed by whom it should be, not expired.</summary>
    /// <param name="key">The whole key, <c>/namespace/…</c>, at most 512 bytes.</param>
    /// <param name="value">The value, at most 10 KiB.</param>
    bool Validate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>The best of several values, all of which are right. The same for whoever asks, in whatever order.</summary>
    /// <param name="key">The whole key.</param>
    /// <param name="values">At least one value.</param>
    /// <returns>Its position.</returns>
    int SelectBest(ReadOnlySpan<byte> key, IReadOnlyList<ReadOnlyMemory<byte>> values);
}

namespace DChat.Abstractions.Messages;

/// <summary>What one side says of its set.</summary>
/// <param name="Floors">Its floors as HLCs, by the number of the retention class from 1 on.</param>
/// <param name="Count">How many messages are in the set.</param>
/// <param name="Sum">The sum of their ids, 32 bytes, little-endian.</param>
[GenerateSerializer, Immutable, Alias("dchat.SetSummary")]
public sealed record SetSummary([property: Id(0)] ulong[] Floors, [property: Id(1)] ulong Count, [property: Id(2)] byte[] Sum)
{
    /// <summary>Whether the other side has the same messages.</summary>
    public bool HasSameItems(SetSummary other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Count == other.Count && Sum.AsSpan().SequenceEqual(other.Sum);
    }
}

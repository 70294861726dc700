using System.Buffers.Binary;

namespace DChat.Core.Topics;

/// <summary>Sixteen opaque bytes that name a conversation to relays (DESIGN: HMAC of the topic name under its routing key).</summary>
public readonly record struct TopicTag : IComparable<TopicTag>
{
    /// <summary>The length in bytes.</summary>
    public const int Length = 16;

    private readonly UInt128 _value;

    /// <summary>Reads exactly 16 bytes.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 16 bytes long.</exception>
    public TopicTag(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"A topic tag is {Length} bytes, got {bytes.Length}.", nameof(bytes));
        }

        _value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>Writes the 16 bytes to the start of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, _value);

    /// <summary>The shard that holds the topic: the top <paramref name="shardBits"/> bits of the tag.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="shardBits"/> is not within 0–<see cref="ShardId.MaxBits"/>.</exception>
    public ShardId ShardOf(int shardBits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardBits, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shardBits, ShardId.MaxBits);
        return new ShardId((ushort)(_value >> 112 >> (16 - shardBits)));
    }

    /// <summary>
    /// Seeded per process and taken over all bits: senders choose tags freely, and the default would let them choose ones
    /// that collide in every dictionary.
    /// </summary>
    public override int GetHashCode() =>
        HashCode.Combine((uint)(_value >> 96), (uint)(_value >> 64), (uint)(_value >> 32), (uint)_value);

    /// <summary>Orders as unsigned bytes, the first most significant.</summary>
    public int CompareTo(TopicTag other) => _value.CompareTo(other._value);

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Parses 32 hexadecimal digits.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else.</exception>
    public static TopicTag Parse(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[Length];
        return text.Length == 2 * Length && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            ? new TopicTag(bytes)
            : throw new FormatException("A topic tag is 32 hexadecimal digits.");
    }

    /// <summary>Orders as unsigned bytes.</summary>
    public static bool operator <(TopicTag left, TopicTag right) => left._value < right._value;

    /// <summary>Orders as unsigned bytes.</summary>
    public static bool operator >(TopicTag left, TopicTag right) => left._value > right._value;

    /// <summary>Orders as unsigned bytes.</summary>
    public static bool operator <=(TopicTag left, TopicTag right) => left._value <= right._value;

    /// <summary>Orders as unsigned bytes.</summary>
    public static bool operator >=(TopicTag left, TopicTag right) => left._value >= right._value;
}

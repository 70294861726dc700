using System.Collections;
using System.Numerics;

namespace DChat.Core.Topics;

/// <summary>An immutable set of shards, one bit each, so that a set of all 4,096 takes 512 bytes. Enumerates ascending.</summary>
public sealed class ShardSet : IReadOnlyCollection<ShardId>
{
    /// <summary>The most bytes of a set: one bit for each shard that a network may have.</summary>
    public const int MaxBytes = (1 << ShardId.MaxBits) / BitsPerByte;

    private const int BitsPerByte = 8;

    private readonly byte[] _bits;

    /// <summary>The set of the given shards; repeated ones count once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A shard is not one a network may have.</exception>
    public ShardSet(IEnumerable<ShardId> shards)
    {
        ArgumentNullException.ThrowIfNull(shards);
        var bits = new byte[MaxBytes];
        var length = 0;
        foreach (var shard in shards)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard.Value, 1 << ShardId.MaxBits, nameof(shards));
            var place = shard.Value / BitsPerByte;
            bits[place] |= (byte)(1 << (shard.Value % BitsPerByte));
            length = Math.Max(length, place + 1);
        }

        _bits = bits[..length];
    }

    private ShardSet(byte[] bits) => _bits = bits;

    /// <summary>No shard.</summary>
    public static ShardSet Empty { get; } = new(Array.Empty<byte>());

    /// <summary>The set as bytes: shard <c>n</c> is bit <c>n % 8</c>, the lowest first, of byte <c>n / 8</c>.</summary>
    public ReadOnlySpan<byte> Bytes => _bits;

    /// <inheritdoc/>
    public int Count => _bits.Sum(bits => BitOperations.PopCount(bits));

    /// <summary>The set of <see cref="Bytes"/>.</summary>
    /// <exception cref="ArgumentException">There are more than <see cref="MaxBytes"/>.</exception>
    public static ShardSet FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length <= MaxBytes
        ? new ShardSet(bytes.ToArray())
        : throw new ArgumentException($"A set of shards has at most {MaxBytes} bytes, not {bytes.Length}.", nameof(bytes));

    /// <inheritdoc/>
    public IEnumerator<ShardId> GetEnumerator()
    {
        for (var shard = 0; shard < _bits.Length * BitsPerByte; shard++)
        {
            if ((_bits[shard / BitsPerByte] & (1 << (shard % BitsPerByte))) != 0)
            {
                yield return new ShardId((ushort)shard);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

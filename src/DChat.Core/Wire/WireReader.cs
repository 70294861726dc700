using System.Buffers.Binary;

namespace DChat.Core.Wire;

/// <summary>Reads canonical protobuf fields off the front of a span. A failed read leaves the reader undefined.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private const int MaxVarintLength = 10;

    /// <summary>What is not read yet.</summary>
    public ReadOnlySpan<byte> Rest { get; private set; } = bytes;

    /// <summary>Reads <c>tag, varint</c> with a value of at most <paramref name="max"/>.</summary>
    public bool TryReadVarint(byte tag, ulong max, out ulong value)
    {
        value = 0;
        return TryReadTag(tag) && TryReadVarint(out value) && value <= max;
    }

    /// <summary>Reads <c>tag, eight bytes little-endian</c>.</summary>
    public bool TryReadFixed64(byte tag, out ulong value)
    {
        value = 0;
        if (!TryReadTag(tag) || Rest.Length < sizeof(ulong))
        {
            return false;
        }

        value = BinaryPrimitives.ReadUInt64LittleEndian(Rest);
        Rest = Rest[sizeof(ulong)..];
        return true;
    }

    /// <summary>Reads <c>tag, length, bytes</c> with exactly this length.</summary>
    public bool TryReadBytes(byte tag, int length, out ReadOnlySpan<byte> value) => TryReadBytes(tag, length, length, out value);

    /// <summary>Reads <c>tag, length, bytes</c> with a length within the limits.</summary>
    public bool TryReadBytes(byte tag, int minLength, int maxLength, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryReadVarint(tag, (ulong)maxLength, out var length) || length < (ulong)minLength || length > (ulong)Rest.Length)
        {
            return false;
        }

        value = Rest[..(int)length];
        Rest = Rest[(int)length..];
        return true;
    }

    private bool TryReadTag(byte tag)
    {
        if (Rest.Length == 0 || Rest[0] != tag)
        {
            return false;
        }

        Rest = Rest[1..];
        return true;
    }

    // Seven bits a byte, least significant first. Minimal: the last byte is not zero unless it is the only one.
    private bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var i = 0; i < MaxVarintLength && i < Rest.Length; i++)
        {
            var part = Rest[i];
            if (i == MaxVarintLength - 1 && part > 1)
            {
                return false;
            }

            value |= (ulong)(part & 0x7F) << (7 * i);
            if (part < 0x80)
            {
                Rest = Rest[(i + 1)..];
                return part != 0 || i == 0;
            }
        }

        return false;
    }
}

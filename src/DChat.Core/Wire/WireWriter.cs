using System.Buffers.Binary;
using System.Numerics;

namespace DChat.Core.Wire;

/// <summary>Writes canonical protobuf fields into a span that is known to be large enough.</summary>
internal ref struct WireWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>How many bytes are written.</summary>
    public int Position { get; private set; }

    /// <summary>The length of a varint in bytes.</summary>
    public static int VarintLength(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    /// <summary>The length of <c>tag, length, bytes</c> in bytes.</summary>
    public static int BytesFieldLength(int length) => 1 + VarintLength((ulong)length) + length;

    public void WriteVarint(byte tag, ulong value)
    {
        _destination[Position++] = tag;
        while (value >= 0x80)
        {
            _destination[Position++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _destination[Position++] = (byte)value;
    }

    public void WriteFixed64(byte tag, ulong value)
    {
        _destination[Position++] = tag;
        BinaryPrimitives.WriteUInt64LittleEndian(_destination[Position..], value);
        Position += sizeof(ulong);
    }

    /// <summary>Writes <c>tag, length</c> and returns the place for the bytes.</summary>
    public Span<byte> ReserveBytes(byte tag, int length)
    {
        WriteVarint(tag, (ulong)length);
        var place = _destination.Slice(Position, length);
        Position += length;
        return place;
    }
}

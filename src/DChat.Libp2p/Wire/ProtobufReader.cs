using System.Buffers.Binary;

namespace DChat.Libp2p.Wire;

/// <summary>
/// Reads protobuf fields one by one. Wrong input ends the reading with <see cref="IsMalformed"/> set; nothing throws.
/// Unknown fields are the caller's to pass over. Groups, which nobody uses, are malformed.
/// </summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    /// <summary>The field number just read, 1 to 2²⁹ − 1.</summary>
    internal int Field { get; private set; }

    /// <summary>The value of a varint or fixed field; 0 for bytes.</summary>
    internal ulong Number { get; private set; }

    /// <summary>The value of a length-delimited field; empty for numbers.</summary>
    internal ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Whether the field was length-delimited.</summary>
    internal bool IsBytes { get; private set; }

    internal bool IsMalformed { get; private set; }

    /// <summary>Moves to the next field; false at the end and on malformed input.</summary>
    internal bool Next()
    {
        Bytes = default;
        Number = 0;
        IsBytes = false;
        if (_rest.IsEmpty || IsMalformed)
        {
            return false;
        }

        if (!Varint(out var tag) || tag >> 3 is 0 or > (1 << 29) - 1)
        {
            return Malformed();
        }

        Field = (int)(tag >> 3);
        switch (tag & 7)
        {
            case 0:
                return Varint(out var number) ? Value(number) : Malformed();
            case 1:
                return Take(8, out var eight) ? Value(BinaryPrimitives.ReadUInt64LittleEndian(eight)) : Malformed();
            case 2:
                if (!Varint(out var length) || length > int.MaxValue || !Take((int)length, out var bytes))
                {
                    return Malformed();
                }

                Bytes = bytes;
                IsBytes = true;
                return true;
            case 5:
                return Take(4, out var four) ? Value(BinaryPrimitives.ReadUInt32LittleEndian(four)) : Malformed();
            default:
                return Malformed();
        }
    }

    private bool Value(ulong number)
    {
        Number = number;
        return true;
    }

    private bool Malformed()
    {
        IsMalformed = true;
        return false;
    }

    private bool Take(int length, out ReadOnlySpan<byte> bytes)
    {
        if (length > _rest.Length)
        {
            bytes = default;
            return false;
        }

        bytes = _rest[..length];
        _rest = _rest[length..];
        return true;
    }

    // Protobuf allows ten bytes and redundant ones, so Uvarint is too strict here.
    private bool Varint(out ulong value)
    {
        value = 0;
        for (var i = 0; i < 10 && i < _rest.Length; i++)
        {
            var b = _rest[i];
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return i < 9 || b <= 1;
            }
        }

        return false;
    }
}

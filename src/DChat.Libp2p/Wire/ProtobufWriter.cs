using System.Buffers;
using System.Buffers.Binary;
using DChat.Libp2p.Multiformats;

namespace DChat.Libp2p.Wire;

/// <summary>
/// Writes the few protobuf fields libp2p messages are made of, in the order asked for. By hand because signed
/// messages need exact bytes (peer-ids.md: proto3 would drop the zero that names RSA).
/// </summary>
internal sealed class ProtobufWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    internal ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    internal ProtobufWriter Varint(int field, ulong value)
    {
        Raw((ulong)field << 3);
        Raw(value);
        return this;
    }

    internal ProtobufWriter Fixed64(int field, ulong value)
    {
        Raw(((ulong)field << 3) | 1);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
        return this;
    }

    internal ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Raw(((ulong)field << 3) | 2);
        Raw((ulong)value.Length);
        _buffer.Write(value);
        return this;
    }

    internal ProtobufWriter Text(int field, string value) => Bytes(field, System.Text.Encoding.UTF8.GetBytes(value));

    internal byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    private void Raw(ulong value) => _buffer.Advance(Uvarint.Write(_buffer.GetSpan(10), value));
}

using System.Buffers;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace DChat.Abstractions.Serialization;

/// <summary>
/// Writes a segment of bytes as one block. Memory streams carry their payload in such segments, and Orleans' own codec for
/// segments of any type writes and copies them element by element, with a header for each.
/// </summary>
internal sealed class ByteSegmentCodec : IFieldCodec<ArraySegment<byte>>, IDeepCopier<ArraySegment<byte>>
{
    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, ArraySegment<byte> value)
        where TBufferWriter : IBufferWriter<byte>
    {
        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(ArraySegment<byte>), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)value.Count);
        writer.Write(value.AsSpan());
    }

    /// <inheritdoc/>
    public ArraySegment<byte> ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType != WireType.LengthPrefixed)
        {
            throw new UnsupportedWireTypeException($"A segment of bytes is {WireType.LengthPrefixed}, not {field.WireType}.");
        }

        ReferenceCodec.MarkValueField(reader.Session);
        return reader.ReadBytes(reader.ReadVarUInt32());
    }

    /// <inheritdoc/>
    public ArraySegment<byte> DeepCopy(ArraySegment<byte> input, CopyContext context) => input.AsSpan().ToArray();
}

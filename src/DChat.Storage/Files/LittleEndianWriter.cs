using System.Buffers.Binary;

namespace DChat.Storage.Files;

/// <summary>Writes fields one after the other into an array that is long enough.</summary>
internal sealed class LittleEndianWriter(byte[] bytes)
{
    private int _at;

    public Span<byte> Take(int length)
    {
        var taken = bytes.AsSpan(_at, length);
        _at += length;
        return taken;
    }

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(sizeof(uint)), value);

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);
}

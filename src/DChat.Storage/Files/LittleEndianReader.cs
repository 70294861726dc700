using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DChat.Storage.Files;

/// <summary>Reads fields one after the other. Whoever uses it has checked the length.</summary>
internal ref struct LittleEndianReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public ReadOnlySpan<byte> Take(int length)
    {
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    public void Skip(int length) => Take(length);

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public uint[] UInt32s(int count)
    {
        var values = MemoryMarshal.Cast<byte, uint>(Take(count * sizeof(uint))).ToArray();
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(values, values);
        }

        return values;
    }
}

using System.Numerics;

namespace DChat.Core.Reconciliation;

/// <summary>Unsigned integers as negentropy v1 has them: seven bits a byte, the most significant first, in as few bytes as can be.</summary>
internal static class Varint
{
    /// <summary>The longest, in bytes.</summary>
    public const int MaxLength = 10;

    /// <summary>Writes a number and returns how many bytes that took.</summary>
    public static int Write(Span<byte> destination, ulong value)
    {
        var length = (BitOperations.Log2(value | 1) / 7) + 1;
        for (var i = length - 1; i >= 0; i--)
        {
            destination[i] = (byte)((value & 0x7F) | (i == length - 1 ? 0u : 0x80u));
            value >>= 7;
        }

        return length;
    }

    /// <summary>Reads a number off the front; false when it is cut off, has more than 64 bits or more bytes than it needs.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var i = 0; i < MaxLength && i < bytes.Length; i++)
        {
            var part = bytes[i];
            if (value >> 57 != 0 || (i == 0 && part == 0x80))
            {
                return false;
            }

            value = (value << 7) | (part & 0x7Fu);
            if (part < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}

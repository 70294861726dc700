using System.Buffers;
using System.Buffers.Binary;

namespace DChat.Libp2p.Noise;

/// <summary>Every Noise message goes behind its length, two bytes big-endian (noise/README.md, "Wire Format").</summary>
internal static class NoiseFraming
{
    internal const int PrefixLength = 2;

    /// <summary>Takes one whole message off the front of <paramref name="buffer"/>; false when it is not all there yet.</summary>
    internal static bool TryRead(ref ReadOnlySequence<byte> buffer, int maxLength, out ReadOnlySequence<byte> message)
    {
        message = default;
        if (buffer.Length < PrefixLength)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[PrefixLength];
        buffer.Slice(0, PrefixLength).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
        if (length > maxLength)
        {
            throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"A Noise message of {length} bytes is over the limit of {maxLength}.");
        }

        if (buffer.Length < PrefixLength + length)
        {
            return false;
        }

        message = buffer.Slice(PrefixLength, length);
        buffer = buffer.Slice(message.End);
        return true;
    }
}

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DChat.Core.Merkle;

/// <summary>
/// Between messages, whose words are big-endian and lie side by side, and vectors, which hold the same word of all messages:
/// the word i of message l is at i × lanes + l. Four words of four messages are turned at once.
/// </summary>
internal static class Sha256Transposition
{
    private const int Quad = 4;
    private const int WordLength = 4;

    private static readonly Vector128<byte> BigEndian = Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);

    /// <summary>Reads the words of as many messages as there are lanes.</summary>
    /// <param name="messages">The first message; the others follow every <paramref name="stride"/> bytes.</param>
    /// <param name="stride">From the start of one message to that of the next, in bytes.</param>
    /// <param name="lanes">How many messages, a multiple of four.</param>
    /// <param name="words">The words of all, a multiple of four for each.</param>
    public static void Read(ReadOnlySpan<byte> messages, int stride, int lanes, Span<uint> words)
    {
        for (var word = 0; word < words.Length / lanes; word += Quad)
        {
            for (var lane = 0; lane < lanes; lane += Quad)
            {
                var from = messages.Slice((lane * stride) + (word * WordLength), (3 * stride) + (Quad * WordLength));
                var to = words.Slice((word * lanes) + lane, (3 * lanes) + Quad);
                if (Ssse3.IsSupported)
                {
                    Turn(
                        Swap(Vector128.Create(from[..16])),
                        Swap(Vector128.Create(from.Slice(stride, 16))),
                        Swap(Vector128.Create(from.Slice(2 * stride, 16))),
                        Swap(Vector128.Create(from.Slice(3 * stride, 16))),
                        MemoryMarshal.AsBytes(to),
                        lanes * WordLength);
                }
                else
                {
                    for (var i = 0; i < Quad * Quad; i++)
                    {
                        to[(i % Quad * lanes) + (i / Quad)] =
                            BinaryPrimitives.ReadUInt32BigEndian(from[((i / Quad * stride) + (i % Quad * WordLength))..]);
                    }
                }
            }
        }
    }

    /// <summary>Writes the words of all lanes as messages, one after the other.</summary>
    /// <param name="words">The words of all, a multiple of four for each.</param>
    /// <param name="lanes">How many messages, a multiple of four.</param>
    /// <param name="messages">Where they go, as long as <paramref name="words"/>.</param>
    public static void Write(ReadOnlySpan<uint> words, int lanes, Span<byte> messages)
    {
        var stride = words.Length / lanes * WordLength;
        for (var lane = 0; lane < lanes; lane += Quad)
        {
            for (var word = 0; word < words.Length / lanes; word += Quad)
            {
                var from = words.Slice((word * lanes) + lane, (3 * lanes) + Quad);
                var to = messages.Slice((lane * stride) + (word * WordLength), (3 * stride) + (Quad * WordLength));
                if (Ssse3.IsSupported)
                {
                    Turn(
                        Swap(Vector128.Create(from[..Quad]).AsByte()),
                        Swap(Vector128.Create(from.Slice(lanes, Quad)).AsByte()),
                        Swap(Vector128.Create(from.Slice(2 * lanes, Quad)).AsByte()),
                        Swap(Vector128.Create(from.Slice(3 * lanes, Quad)).AsByte()),
                        to,
                        stride);
                }
                else
                {
                    for (var i = 0; i < Quad * Quad; i++)
                    {
                        BinaryPrimitives.WriteUInt32BigEndian(
                            to[((i / Quad * stride) + (i % Quad * WordLength))..], from[(i % Quad * lanes) + (i / Quad)]);
                    }
                }
            }
        }
    }

    /// <summary>Turns four rows of four words into columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(Vector128<uint> a, Vector128<uint> b, Vector128<uint> c, Vector128<uint> d, Span<byte> columns, int stride)
    {
        var (low, high) = (Sse2.UnpackLow(a, b).AsUInt64(), Sse2.UnpackHigh(a, b).AsUInt64());
        var (nextLow, nextHigh) = (Sse2.UnpackLow(c, d).AsUInt64(), Sse2.UnpackHigh(c, d).AsUInt64());
        Sse2.UnpackLow(low, nextLow).AsByte().CopyTo(columns);
        Sse2.UnpackHigh(low, nextLow).AsByte().CopyTo(columns[stride..]);
        Sse2.UnpackLow(high, nextHigh).AsByte().CopyTo(columns[(2 * stride)..]);
        Sse2.UnpackHigh(high, nextHigh).AsByte().CopyTo(columns[(3 * stride)..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Swap(Vector128<byte> words) => Ssse3.Shuffle(words, BigEndian).AsUInt32();
}

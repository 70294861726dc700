using System.Buffers.Binary;
using System.Numerics;

namespace DChat.Core.Reconciliation;

/// <summary>
/// The key under which both sides of a sketch hash ids: SipHash-2-4 (Aumasson and Bernstein, 2012) of the 32 bytes. Sketches of
/// different keys have nothing to do with each other.
/// </summary>
/// <remarks>
/// Senders choose ids by trying. Who knows the key can, with about 2^32 tries, make two ids of one hash, and a sketch in which both are
/// missing on one side cannot be decoded; nor can one be trusted to be right. That is all: a decoder says when it fails, what it finds is
/// compared with the peer's <see cref="SetDigest"/>, and negentropy finds the rest at twenty times the bytes. A cached sketch has the key
/// of its network and epoch, which keeps out who runs no relay and whatever was ground before the epoch; a key drawn for one session
/// keeps out everybody, and costs a pass over the set.
/// </remarks>
/// <param name="First">Half of the key.</param>
/// <param name="Second">The other half.</param>
public readonly record struct SketchKey(ulong First, ulong Second)
{
    /// <summary>The hash of an id.</summary>
    public ulong Hash(Bytes32 id)
    {
        var state = (A: First ^ 0x736f6d6570736575, B: Second ^ 0x646f72616e646f6d, C: First ^ 0x6c7967656e657261, D: Second ^ 0x7465646279746573);
        var (a, b, c, d) = id;
        Absorb(ref state, BinaryPrimitives.ReverseEndianness(a));
        Absorb(ref state, BinaryPrimitives.ReverseEndianness(b));
        Absorb(ref state, BinaryPrimitives.ReverseEndianness(c));
        Absorb(ref state, BinaryPrimitives.ReverseEndianness(d));
        Absorb(ref state, (ulong)Bytes32.Length << 56);
        state.C ^= 0xff;
        Round(ref state);
        Round(ref state);
        Round(ref state);
        Round(ref state);
        return state.A ^ state.B ^ state.C ^ state.D;
    }

    private static void Absorb(ref (ulong A, ulong B, ulong C, ulong D) state, ulong word)
    {
        state.D ^= word;
        Round(ref state);
        Round(ref state);
        state.A ^= word;
    }

    private static void Round(ref (ulong A, ulong B, ulong C, ulong D) state)
    {
        var (a, b, c, d) = state;
        a += b;
        b = BitOperations.RotateLeft(b, 13) ^ a;
        a = BitOperations.RotateLeft(a, 32);
        c += d;
        d = BitOperations.RotateLeft(d, 16) ^ c;
        a += d;
        d = BitOperations.RotateLeft(d, 21) ^ a;
        c += b;
        b = BitOperations.RotateLeft(b, 17) ^ c;
        c = BitOperations.RotateLeft(c, 32);
        state = (a, b, c, d);
    }
}

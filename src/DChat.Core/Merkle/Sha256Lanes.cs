using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DChat.Core.Merkle;

/// <summary>
/// SHA-256 (FIPS 180-4) of as many messages as a vector has lanes. All are of one length, so that all take the same steps. A
/// message is a prefix byte and a record.
/// </summary>
/// <typeparam name="TOperations">What is done with vectors.</typeparam>
/// <typeparam name="TVector">The vector.</typeparam>
internal static class Sha256Lanes<TOperations, TVector>
    where TOperations : struct, ISha256Vector<TVector>
    where TVector : unmanaged
{
    private const int BlockLength = 64;
    private const int BlockWords = 16;
    private const int StateWords = 8;
    private const int HashLength = 32;
    private const int StackLength = 4096;

    /// <summary>The bit that ends a message and its length in bits: 0x80 ‖ u64.</summary>
    private const int PaddingLength = 9;

    /// <summary>Hashes whole groups of <see cref="ISha256Vector{TVector}.Lanes"/> records; returns how many records that were.</summary>
    /// <param name="prefix">The first byte of every message.</param>
    /// <param name="records">Records back to back, each the rest of a message.</param>
    /// <param name="recordLength">The length of one record in bytes.</param>
    /// <param name="hashes">Where the hashes go, 32 bytes a record. May be the start of <paramref name="records"/> when a record is no shorter than a hash.</param>
    public static int HashGroups(byte prefix, ReadOnlySpan<byte> records, int recordLength, Span<byte> hashes)
    {
        var lanes = TOperations.Lanes;
        var groups = hashes.Length / HashLength / lanes;
        var messageLength = (recordLength + 1 + PaddingLength + BlockLength - 1) / BlockLength * BlockLength;
        var messages = messageLength * lanes <= StackLength ? stackalloc byte[messageLength * lanes] : new byte[messageLength * lanes];
        for (var lane = 0; lane < lanes; lane++)
        {
            var message = messages.Slice(lane * messageLength, messageLength);
            message[0] = prefix;
            message[1 + recordLength] = 0x80;
            BinaryPrimitives.WriteUInt64BigEndian(message[^8..], 8 * (ulong)(recordLength + 1));
        }

        Span<TVector> state = stackalloc TVector[StateWords];
        Span<TVector> schedule = stackalloc TVector[BlockWords];
        for (var group = 0; group < groups; group++)
        {
            for (var lane = 0; lane < lanes; lane++)
            {
                records.Slice(((group * lanes) + lane) * recordLength, recordLength).CopyTo(messages[((lane * messageLength) + 1)..]);
            }

            Start(state);
            for (var offset = 0; offset < messageLength; offset += BlockLength)
            {
                Sha256Transposition.Read(messages[offset..], messageLength, lanes, MemoryMarshal.Cast<TVector, uint>(schedule));
                Compress(state, schedule);
            }

            Sha256Transposition.Write(MemoryMarshal.Cast<TVector, uint>(state), lanes, hashes.Slice(group * lanes * HashLength, lanes * HashLength));
        }

        return groups * lanes;
    }

    /// <summary>Hashes as many messages as there are lanes, each padded to one block.</summary>
    /// <param name="blocks">Blocks of 64 bytes back to back, one a lane.</param>
    /// <param name="hashes">Where the hashes go, 32 bytes a lane.</param>
    public static void HashBlocks(ReadOnlySpan<byte> blocks, Span<byte> hashes)
    {
        Span<TVector> state = stackalloc TVector[StateWords];
        Span<TVector> schedule = stackalloc TVector[BlockWords];
        Start(state);
        Sha256Transposition.Read(blocks, BlockLength, TOperations.Lanes, MemoryMarshal.Cast<TVector, uint>(schedule));
        Compress(state, schedule);
        Sha256Transposition.Write(MemoryMarshal.Cast<TVector, uint>(state), TOperations.Lanes, hashes);
    }

    private static void Start(Span<TVector> state)
    {
        for (var i = 0; i < StateWords; i++)
        {
            state[i] = TOperations.Create(Sha256Constants.InitialState[i]);
        }
    }

    /// <summary>FIPS 180-4, section 6.2.2, of one block. The schedule is a ring of the last 16 words.</summary>
    private static void Compress(Span<TVector> state, Span<TVector> schedule)
    {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        var (e, f, g, h) = (state[4], state[5], state[6], state[7]);
        for (var round = 0; round < 64; round += BlockWords)
        {
            if (round > 0)
            {
                Extend(schedule);
            }

            var constants = Sha256Constants.Round.Slice(round, BlockWords);
            for (var i = 0; i < BlockWords; i += 8)
            {
                Round(a, b, c, ref d, e, f, g, ref h, schedule[i], constants[i]);
                Round(h, a, b, ref c, d, e, f, ref g, schedule[i + 1], constants[i + 1]);
                Round(g, h, a, ref b, c, d, e, ref f, schedule[i + 2], constants[i + 2]);
                Round(f, g, h, ref a, b, c, d, ref e, schedule[i + 3], constants[i + 3]);
                Round(e, f, g, ref h, a, b, c, ref d, schedule[i + 4], constants[i + 4]);
                Round(d, e, f, ref g, h, a, b, ref c, schedule[i + 5], constants[i + 5]);
                Round(c, d, e, ref f, g, h, a, ref b, schedule[i + 6], constants[i + 6]);
                Round(b, c, d, ref e, f, g, h, ref a, schedule[i + 7], constants[i + 7]);
            }
        }

        Add(state, a, b, c, d, e, f, g, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        TVector a, TVector b, TVector c, ref TVector d, TVector e, TVector f, TVector g, ref TVector h, TVector word, uint constant)
    {
        var first = TOperations.Add(TOperations.Add(h, word), TOperations.Create(constant));
        var sum1 = TOperations.Xor(TOperations.RotateRight(e, 6), TOperations.RotateRight(e, 11), TOperations.RotateRight(e, 25));
        first = TOperations.Add(first, TOperations.Add(sum1, TOperations.Choose(e, f, g)));
        var sum0 = TOperations.Xor(TOperations.RotateRight(a, 2), TOperations.RotateRight(a, 13), TOperations.RotateRight(a, 22));
        d = TOperations.Add(d, first);
        h = TOperations.Add(first, TOperations.Add(sum0, TOperations.Majority(a, b, c)));
    }

    /// <summary>Sixteen more words of the message schedule in place of the sixteen before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Extend(Span<TVector> schedule)
    {
        for (var i = 0; i < BlockWords; i++)
        {
            var (near, far) = (schedule[(i + 14) & 15], schedule[(i + 1) & 15]);
            var sigma1 = TOperations.Xor(TOperations.RotateRight(near, 17), TOperations.RotateRight(near, 19), TOperations.ShiftRight(near, 10));
            var sigma0 = TOperations.Xor(TOperations.RotateRight(far, 7), TOperations.RotateRight(far, 18), TOperations.ShiftRight(far, 3));
            schedule[i] = TOperations.Add(TOperations.Add(schedule[i], sigma0), TOperations.Add(schedule[(i + 9) & 15], sigma1));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        Span<TVector> state, TVector a, TVector b, TVector c, TVector d, TVector e, TVector f, TVector g, TVector h)
    {
        state[0] = TOperations.Add(state[0], a);
        state[1] = TOperations.Add(state[1], b);
        state[2] = TOperations.Add(state[2], c);
        state[3] = TOperations.Add(state[3], d);
        state[4] = TOperations.Add(state[4], e);
        state[5] = TOperations.Add(state[5], f);
        state[6] = TOperations.Add(state[6], g);
        state[7] = TOperations.Add(state[7], h);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DChat.Core.Reconciliation;

/// <summary>
/// Multilinear hashing of 32-byte keys (Lemire and Kaser, "Strongly universal string hashing is fast", 2014): without the
/// salt, the chance that two chosen keys collide is 2^-32, however they were ground.
/// </summary>
internal sealed class SaltedHash
{
    private Multipliers _multipliers;

    public SaltedHash(ulong salt)
    {
        for (var i = 0; i < Multipliers.Count; i++)
        {
            _multipliers[i] = SplitMix(ref salt);
        }
    }

    /// <summary>The hash of a key of at most 32 bytes, a multiple of four.</summary>
    public uint Of<T>(in T key)
        where T : unmanaged
    {
        var words = MemoryMarshal.Cast<T, uint>(new ReadOnlySpan<T>(in key));
        var sum = _multipliers[0];
        for (var i = 0; i < words.Length; i++)
        {
            sum += _multipliers[i + 1] * words[i];
        }

        return (uint)(sum >> 32);
    }

    // SplitMix64 (Steele, Lea and Flood, 2014) spreads one salt over the multipliers.
    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    [InlineArray(Count)]
    private struct Multipliers
    {
        public const int Count = 9;
        private ulong _first;
    }
}

using System.Runtime.CompilerServices;

namespace DChat.Core.Shards;

/// <summary>What arrays occupy on a 64-bit runtime.</summary>
internal static class MemorySize
{
    private const int ArrayHeader = 24;

    /// <summary>The bytes of an array, rounded up as the heap does.</summary>
    public static long OfArray<T>(int length) => (ArrayHeader + ((long)length * Unsafe.SizeOf<T>()) + 7) & ~7L;
}

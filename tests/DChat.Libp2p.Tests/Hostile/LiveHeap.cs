using System.Buffers;
using System.Collections;
using System.Reflection;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>
/// The heap without what the shared pool of arrays keeps for threads: a megabyte or more that is nobody's, comes with the number of
/// threads at work, and is given up only half a minute later.
/// </summary>
internal static class LiveHeap
{
    /// <summary>Bytes in use after a full collection.</summary>
    public static long Measure()
    {
        DropPooledArrays();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static void DropPooledArrays()
    {
        var pool = ArrayPool<byte>.Shared;
        var byThread = pool.GetType().GetField("_allTlsBuckets", BindingFlags.Instance | BindingFlags.NonPublic)
            ?? throw new NotSupportedException($"{pool.GetType()} keeps the arrays of threads elsewhere than it did.");
        foreach (var entry in (IEnumerable)byThread.GetValue(pool)!)
        {
            // A thread that rents or returns meanwhile finds none, or keeps one more.
            Array.Clear((Array)entry.GetType().GetProperty("Key")!.GetValue(entry)!);
        }
    }
}

using System.Diagnostics;

namespace DChat.Benchmarks;

/// <summary>How long this disk takes to make 64 KiB durable, right now: durable figures mean little without it.</summary>
internal static class FsyncProbe
{
    /// <summary>The median in milliseconds over 64 appends.</summary>
    public static double MedianMilliseconds(string directory)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, "fsync-probe");
        var times = new double[64];
        var bytes = new byte[64 * 1024];
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            for (var i = 0; i < times.Length; i++)
            {
                var started = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, bytes, (long)i * bytes.Length);
                RandomAccess.FlushToDisk(file);
                times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            }
        }

        File.Delete(path);
        Array.Sort(times);
        return times[times.Length / 2];
    }
}

using System.Globalization;

namespace DChat.Silo.Hosting;

/// <summary>What whoever started the process asked it to ignore.</summary>
internal static class IgnoredSignals
{
    private const string Status = "/proc/self/status";
    private const string Field = "SigIgn:";

    // Signal 1 is the lowest bit.
    private const ulong Hangup = 1;

    /// <summary>Whether SIGHUP is ignored, as nohup does; false where it cannot be known (other systems than Linux).</summary>
    public static bool IncludeHangup() => File.Exists(Status) && IncludeHangup(File.ReadLines(Status));

    /// <summary>The same for the lines of a <c>/proc/PID/status</c>.</summary>
    internal static bool IncludeHangup(IEnumerable<string> status)
    {
        var line = status.FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal));
        return line is not null
            && ulong.TryParse(line.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var ignored)
            && (ignored & Hangup) != 0;
    }
}

using System.Globalization;

namespace DChat.Core.Shards;

/// <summary>A place in one shard of one operator's log: what cursors are made of.</summary>
/// <param name="Log">The log.</param>
/// <param name="Sequence">The dense sequence within the shard, from 1; 0 stands before the first message.</param>
public readonly record struct LogPosition(LogId Log, ulong Sequence)
{
    /// <summary>The text form of a cursor: <c>&lt;log id&gt;:&lt;sequence&gt;</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Log}:{Sequence}");

    /// <summary>Parses the text form; false for anything else.</summary>
    public static bool TryParse(string? text, out LogPosition position)
    {
        position = default;
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon < 0
            || !Guid.TryParseExact(text.AsSpan(0, colon), "N", out var log)
            || !ulong.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            return false;
        }

        position = new LogPosition(new LogId(log), sequence);
        return true;
    }
}

using DChat.Core;

namespace DChat.Storage.Segments;

/// <summary>The faults of sealed segments, each with its code.</summary>
internal static class SegmentErrors
{
    public static DChatException Corrupt(string path, long offset, string what) => new("segment-corrupt", $"{path} is damaged at offset {offset}: {what}.");

    public static DChatException Unreadable(string path, long offset, Exception inner) => new(
        "segment-unreadable", $"Reading {path} at offset {offset} failed: {inner.Message}", isTransient: true, inner);

    public static DChatException Unwritable(string directory, Exception inner) => new(
        "segment-unwritable", $"A segment could not be written in {directory}: {inner.Message} Its messages stay in the log.", isTransient: true, inner);
}

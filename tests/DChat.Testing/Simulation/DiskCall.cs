namespace DChat.Testing.Simulation;

internal enum DiskOperation
{
    Create,
    Delete,
    Replace,
    SyncDirectory,
    Write,
    SetLength,
    Sync,
}

/// <summary>A call to the disk that changes something.</summary>
internal readonly record struct DiskCall(DiskOperation Operation, string Path, long Offset, int Length);

/// <summary>How a call fails.</summary>
/// <param name="Error">What the caller gets.</param>
/// <param name="BytesWritten">How much of a write is done all the same.</param>
internal sealed record DiskFault(Exception Error, int BytesWritten = 0)
{
    public static DiskFault InputOutput { get; } = new(new IOException("Input/output error", 5));

    public static DiskFault NoSpace(int bytesWritten = 0) => new(new IOException("No space left on device", 28), bytesWritten);
}

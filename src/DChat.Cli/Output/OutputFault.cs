namespace DChat.Cli.Output;

/// <summary>Tells a reader who has left, which is in order, from an output that is broken.</summary>
internal static class OutputFault
{
    private const int BrokenPipe = 32;
    private const int WindowsNoData = unchecked((int)0x800700e8);
    private const int WindowsBrokenPipe = unchecked((int)0x8007006d);

    /// <summary>Whether the other end of the pipe is closed. The runtime hands on the system's own number.</summary>
    public static bool IsClosedPipe(Exception failure) => OperatingSystem.IsWindows()
        ? failure.HResult is WindowsNoData or WindowsBrokenPipe
        : failure.HResult == BrokenPipe;
}

using System.Runtime.InteropServices;

namespace DChat.Cli.Input;

/// <summary>
/// Opens standard input unless the process was started without one, as by <c>&lt;&amp;-</c>. Its number then belongs to a file of
/// the runtime's own, and a read from that never returns.
/// </summary>
internal static partial class InputDescriptor
{
    private const int Number = 0;
    private const int GetFlags = 1; // F_GETFD, the same on Linux and macOS.
    private const int CloseOnExec = 1; // FD_CLOEXEC

    /// <summary>Standard input; null when there is none.</summary>
    public static Stream? Open() => OperatingSystem.IsWindows() || IsInherited() ? Console.OpenStandardInput() : null;

    // What a process inherits cannot be marked to be closed by exec, and the runtime marks all that it opens.
    private static bool IsInherited()
    {
        var flags = Control(Number, GetFlags);
        return flags >= 0 && (flags & CloseOnExec) == 0;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command);
}

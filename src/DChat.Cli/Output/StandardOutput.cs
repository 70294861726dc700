using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DChat.Cli.Output;

/// <summary>
/// Standard output that says when nobody reads it any more. The runtime's own swallows that, and then <c>dchat tail | head -1</c>
/// would run for ever.
/// </summary>
internal static class StandardOutput
{
    private const nint Descriptor = 1;

    /// <summary>Opens it. A file or a terminal is left to the runtime: a file may be shared with standard error, at one position.</summary>
    public static TextWriter Open()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return Console.Out;
        }

        try
        {
            var stream = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            if (!stream.CanSeek)
            {
                return new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // It is closed, or not open for writing: what is written goes nowhere, as with other programs.
        }

        return Console.Out;
    }
}

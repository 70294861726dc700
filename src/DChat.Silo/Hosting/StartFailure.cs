using System.Net.Sockets;
using System.Reflection;
using DChat.Core;
using DChat.Libp2p;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace DChat.Silo.Hosting;

/// <summary>Says in one line, and by the exit code, why the silo did not start or stop.</summary>
internal static class StartFailure
{
    /// <summary>Writes the line, with the stack only if <paramref name="verbose"/>, and returns the exit code.</summary>
    public static int Report(Exception exception, bool verbose, TextWriter error)
    {
        var (code, line) = Describe(exception);
        error.WriteLine($"dchat-silo: {line.ReplaceLineEndings(" ")}");
        if (verbose)
        {
            error.WriteLine(exception);
        }

        return code;
    }

    private static (int Code, string Line) Describe(Exception exception)
    {
        // The lifecycle often wraps the exception that names the cause in one of its own.
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case OptionsValidationException invalid:
                    var path = invalid.OptionsType.GetCustomAttribute<OptionSectionAttribute>()?.Path ?? "DChat";
                    return (ExitCode.BadConfiguration, $"{path}:{string.Join(' ', invalid.Failures)}");
                case DChatException { Code: OptionRange.InvalidCode } or OrleansConfigurationException:
                    return (ExitCode.BadConfiguration, e.Message);
                case Libp2pException fault:
                    return (ExitCode.CannotStart, $"{fault.Code}: {fault.Message}");
                case DChatException fault:
                    return (ExitCode.CannotStart, $"{fault.Code}: {fault.Message}");
                case AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }:
                    return (ExitCode.CannotStart, $"port-in-use: a port was taken while the silo started: {e.Message}");
            }
        }

        return (ExitCode.Failed, $"{exception.GetType().Name}: {exception.Message}");
    }
}

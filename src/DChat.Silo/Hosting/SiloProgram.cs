using System.Net;
using System.Runtime.InteropServices;
using DChat.Silo.Configuration;
using Microsoft.Extensions.Options;

namespace DChat.Silo.Hosting;

/// <summary>The silo from its command line to its exit code.</summary>
internal static partial class SiloProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        var verbose = false;
        try
        {
            var commandLine = CommandLine.Parse(args);
            if (commandLine.ShowHelp || commandLine.ShowVersion)
            {
                WriteInformation(commandLine);
                return ExitCode.Stopped;
            }

            // The folder of the program, not the current one: appsettings.json there belongs to somebody else.
            var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
            builder.Configuration.AddInMemoryCollection(commandLine.Values);
            verbose = builder.Configuration["DChat:LogLevel"] is "Debug" or "Trace";
            await RunAsync(builder);
            return ExitCode.Stopped;
        }
        catch (Exception e)
        {
            return StartFailure.Report(e, verbose, Console.Error);
        }
    }

    private static async Task RunAsync(WebApplicationBuilder builder)
    {
        var options = SiloConfiguration.Load(builder.Configuration);
        await using var app = SiloHost.Build(builder, options);
        app.Services.GetService<IStartupValidator>()?.Validate();
        PortCheck.Run(options);
        if (!IPAddress.IsLoopback(options.AdminAddress.Address))
        {
            LogAdminIsOpen(app.Logger, options.AdminEndpoint);
        }

        using var abort = AbortOnSecondInterrupt();
        await app.StartAsync();
        Banner.Write(options, "dchat-dev", Console.Out);
        await app.WaitForShutdownAsync();
    }

    private static void WriteInformation(CommandLine commandLine)
    {
        if (commandLine.ShowHelp)
        {
            HelpText.Write(Console.Out);
        }
        else
        {
            Console.Out.WriteLine(Telemetry.Version);
        }
    }

    /// <summary>The first Ctrl-C drains; an operator who presses it again wants out.</summary>
    private static PosixSignalRegistration AbortOnSecondInterrupt()
    {
        var interrupts = 0;
        return PosixSignalRegistration.Create(PosixSignal.SIGINT, _ =>
        {
            if (Interlocked.Increment(ref interrupts) == 2)
            {
                Environment.Exit(ExitCode.Aborted);
            }
        });
    }

    [LoggerMessage(1, LogLevel.Warning, "The admin endpoint {Endpoint} is reachable from other machines and has no authentication.")]
    private static partial void LogAdminIsOpen(ILogger logger, string endpoint);
}

using System.Net;
using System.Runtime.InteropServices;
using DChat.Core.Shards;
using DChat.Gateway.Hosting;
using DChat.Silo.Configuration;
using DChat.Silo.Providers;
using DChat.Storage.Keys;
using DChat.Storage.Log.Local;
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
            if (commandLine.ShowHelp)
            {
                HelpText.Write(Console.Out);
                return ExitCode.Stopped;
            }

            if (commandLine.ShowVersion)
            {
                Console.Out.WriteLine(Telemetry.Version);
                return ExitCode.Stopped;
            }

            // Settings are read from the program's folder: an appsettings.json in the current directory may be another program's.
            var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
            builder.Configuration.AddInMemoryCollection(commandLine.Values);
            var configuration = new SiloConfiguration(builder.Configuration);
            verbose = configuration.Silo.LogLevel <= LogLevel.Debug;
            await RunAsync(builder, configuration);
            return ExitCode.Stopped;
        }
        catch (Exception e)
        {
            return StartFailure.Report(e, verbose, Console.Error);
        }
    }

    private static async Task RunAsync(WebApplicationBuilder builder, SiloConfiguration configuration)
    {
        var hasStarted = false;
        builder.AddQuietLogging(configuration.Silo.LogLevel, () => Volatile.Read(ref hasStarted));
        PortCheck.Run(configuration);
        await ProviderCheck.RunAsync(configuration);
        await using var app = SiloHost.Build(builder, configuration);
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        if (!IPAddress.IsLoopback(configuration.Silo.AdminAddress.Address))
        {
            LogAdminIsOpen(app.Logger, configuration.Silo.AdminEndpoint);
        }

        if (!IPAddress.IsLoopback(configuration.Membership.IPAddress) && !configuration.Tls.IsSet)
        {
            LogClusterIsOpen(app.Logger, configuration.Membership.Address);
        }

        using var abort = AbortOnSecondInterrupt();
        using var hangup = StopOnHangup(app.Lifetime);
        var headStart = HeadStart.BeginAsync(app.Services);
        try
        {
            await app.StartAsync();
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // The user stopped the silo while it started. It has acknowledged nothing, so this is no failure.
            return;
        }
        finally
        {
            await headStart;
        }

        Volatile.Write(ref hasStarted, true);
        using var stopping = app.Lifetime.ApplicationStopping.Register(() => Console.Out.WriteLine("Stopping; Ctrl-C aborts."));
        Banner.Write(
            configuration,
            app.Services.GetService<RelayKeys>()?.RelayId,
            app.Services.GetService<GatewayService>()?.Addresses ?? [],
            Console.Out);
        await app.WaitForShutdownAsync();
        if (app.Services.GetService<IShardLog>() is LocalShardLog { Failure: { } failure })
        {
            // Not a stop that anybody asked for: whoever watches the process must start it again, or look at the disk.
            throw failure;
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

    /// <summary>
    /// A closed terminal stops the silo as SIGTERM does: there is no configuration that could be read again. A silo that was
    /// started to outlive its terminal (nohup) goes on.
    /// </summary>
    private static PosixSignalRegistration? StopOnHangup(IHostApplicationLifetime lifetime) =>
        IgnoredSignals.IncludeHangup() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            // Without this the runtime ends the process at once, and the stop is not graceful.
            context.Cancel = true;
            lifetime.StopApplication();
        });

    [LoggerMessage(1, LogLevel.Warning, "The admin endpoint {Endpoint} is reachable from other machines and has no authentication.")]
    private static partial void LogAdminIsOpen(ILogger logger, string endpoint);

    [LoggerMessage(2, LogLevel.Warning, "The silo port and the client port at {Address} are reachable from other machines: whoever reaches them is a silo or a back end.")]
    private static partial void LogClusterIsOpen(ILogger logger, string address);
}

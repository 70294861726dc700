using Microsoft.Extensions.Logging.Console;

namespace DChat.Silo.Hosting;

/// <summary>One line an entry on standard output: what DChat has to say, and warnings of everybody else.</summary>
internal static class QuietLogging
{
    // These log, with its stack, the failed start or stop that the program reports in one line.
    private static readonly string[] Repeaters =
    [
        "Microsoft.Extensions.Hosting.Internal.Host",
        "Orleans.Runtime.Silo",
        "Orleans.Runtime.SiloLifecycleSubject",
    ];

    // While a core is away these log every attempt of every call, with its stack; the caller is told anyway.
    private static readonly string[] Chatterers = ["Polly", "Orleans.Messaging", "Orleans.Runtime.CallbackData"];

    // These log, with its stack, that another silo stops or is slow to answer, at level fail or warn. Membership says in one
    // line which silo is gone; what a stream loses is read from the log; a check's reason is the endpoint's answer; DChat.Tls says whom it refused.
    private static readonly string[] Alarmists =
    [
        "Microsoft.Extensions.Diagnostics.HealthChecks",
        "Orleans.Connections.Security",
        "Orleans.Providers",
        "Orleans.Runtime.MembershipService.SiloHealthMonitor",
        "Orleans.Streams",
    ];

    /// <param name="builder">The host.</param>
    /// <param name="level">The least level that DChat logs.</param>
    /// <param name="hasStarted">Whether the host is up.</param>
    public static void AddQuietLogging(this WebApplicationBuilder builder, LogLevel level, Func<bool> hasStarted)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        builder.Logging.AddFilter("DChat", level);
        if (level <= LogLevel.Debug)
        {
            builder.Logging.SetMinimumLevel(level);
            return;
        }

        builder.Logging.SetMinimumLevel(level > LogLevel.Warning ? level : LogLevel.Warning);
        foreach (var category in Repeaters.Concat(Chatterers).Concat(Alarmists))
        {
            builder.Logging.AddFilter(category, LogLevel.None);
        }

        // Its two threads race at the start of the silo, and the loser reports a stall as long as the machine is up.
        builder.Logging.AddFilter("Orleans.Runtime.Watchdog", entry => hasStarted() && entry >= LogLevel.Warning);
    }
}

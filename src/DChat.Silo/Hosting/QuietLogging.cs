using Microsoft.Extensions.Logging.Console;

namespace DChat.Silo.Hosting;

/// <summary>One line an entry on standard output: what DChat has to say, and warnings of everybody else.</summary>
internal static class QuietLogging
{
    // These log, with stacks, the same failed start that the program reports in one line.
    private static readonly string[] Repeaters =
    [
        "Microsoft.Extensions.Hosting.Internal.Host",
        "Orleans.Runtime.SiloLifecycleSubject",
        "Orleans.Hosting.SiloHostedService",
    ];

    public static void AddQuietLogging(this WebApplicationBuilder builder, LogLevel level)
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

        // Warns on every start that the collector is not the server one, which is a choice (see the project file).
        builder.Logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
        foreach (var category in Repeaters)
        {
            builder.Logging.AddFilter(category, LogLevel.None);
        }
    }
}

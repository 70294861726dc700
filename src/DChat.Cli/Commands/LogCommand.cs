using System.CommandLine;
using DChat.Core;
using DChat.Storage.Inspection;

namespace DChat.Cli.Commands;

/// <summary><c>dchat log</c>: looks into the data directory of a core that does not run. Needs no silo.</summary>
internal static class LogCommand
{
    public static Command Create(CliApp app)
    {
        var data = new Option<string>("--data")
        {
            Description = "The core's data directory.",
            HelpName = "directory",
            Recursive = true,
            DefaultValueFactory = _ => "./data",
        };
        return new Command("log", "Look into the data directory of a core that does not run.")
        {
            data,
            Verb(app, data, "inspect", "Show what is kept of each shard, in the log and in sealed segments.", InspectAsync),
            Verb(app, data, "verify", "Read everything and check it against ids, checksums and roots; 1 when something is wrong.", VerifyAsync),
            Verb(app, data, "compact", "Delete files of the log whose messages are all sealed.", CompactAsync),
        };
    }

    private static Command Verb(CliApp app, Option<string> data, string name, string description, Func<CliContext, DataDirectory, Task<int>> run)
    {
        var command = new Command(name, description);
        app.SetAction(command, async context =>
        {
            // It may take long, and no silo is waited for.
            var path = context.Parsed.GetRequiredValue(data);
            await using var directory = await Task.Run(() => DataDirectory.Open(path)).ConfigureAwait(false);
            context.Output.Log(directory);
            return await run(context, directory).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> InspectAsync(CliContext context, DataDirectory directory)
    {
        List<ShardSummary> shards = [];
        await foreach (var shard in directory.DescribeAsync(CancellationToken.None).ConfigureAwait(false))
        {
            shards.Add(shard);
        }

        context.Output.Shards(shards);
        return ExitCodes.Ok;
    }

    private static async Task<int> VerifyAsync(CliContext context, DataDirectory directory)
    {
        var problems = 0;
        await foreach (var problem in directory.VerifyAsync(CancellationToken.None).ConfigureAwait(false))
        {
            context.Output.Damage(problem);
            problems++;
        }

        return problems == 0
            ? ExitCodes.Ok
            : throw new DChatException("data-damaged", $"{problems} things are wrong in the data directory. Restore what is damaged from a backup, or get it from another relay.");
    }

    private static async Task<int> CompactAsync(CliContext context, DataDirectory directory)
    {
        var before = directory.LogBytes;
        await directory.CompactAsync(CancellationToken.None).ConfigureAwait(false);

        // Files are deleted in the background; closing waits for that.
        await directory.DisposeAsync().ConfigureAwait(false);
        context.Output.Compacted(before, directory.LogBytes);
        return ExitCodes.Ok;
    }
}

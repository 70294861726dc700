using System.CommandLine;
using DChat.Core;

namespace DChat.Cli.Commands;

/// <summary><c>dchat scrub</c>: has the cluster read what it keeps and check it, while it runs.</summary>
internal static class ScrubCommand
{
    public static Command Create(CliApp app)
    {
        var command = new Command("scrub", "Have the cluster read all it keeps and check it against ids, checksums and roots; 1 when something is wrong.");
        app.SetAction(command, ScrubAsync);
        return command;
    }

    private static async Task<int> ScrubAsync(CliContext context)
    {
        await using var session = await context.ConnectAsync().ConfigureAwait(false);
        context.Patience.Suspend();
        var (messages, segments, problems) = (0L, 0L, 0L);
        await foreach (var (_, page) in session.Operator.ScrubAsync(context.Patience.Interrupted).ConfigureAwait(false))
        {
            (messages, segments, problems) = (messages + page.Messages, segments + page.Segments, problems + page.Problems.Length);
            foreach (var problem in page.Problems)
            {
                context.Output.Damage(problem);
            }
        }

        context.Output.Scrubbed(messages, segments, problems);
        return problems == 0
            ? ExitCodes.Ok
            : throw new DChatException("data-damaged", $"{problems} things are wrong. Restore what is damaged from a backup, or get it from another relay.");
    }
}

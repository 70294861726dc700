using System.CommandLine;
using System.Globalization;
using DChat.Client;
using DChat.Core;
using DChat.Core.Sync;

namespace DChat.Cli.Commands;

/// <summary><c>dchat fetch</c>: shows history and the cursor to go on from.</summary>
internal static class FetchCommand
{
    private const int MaxPage = 256;

    public static Command Create(CliApp app)
    {
        var topic = new Argument<string>("topic") { Description = "A topic kept here, or the name of a public one." };
        var after = CursorArgument.Option("--after", "Begin after this cursor. Default: the oldest message kept.");
        var limit = new Option<int>("--limit")
        {
            Description = "Stop after this many messages.",
            HelpName = "n",
            DefaultValueFactory = _ => MaxPage,
            CustomParser = result =>
            {
                if (!int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count < 1)
                {
                    result.AddError($"--limit takes a number from 1, not '{result.Tokens[0].Value}'.");
                }

                return count;
            },
        };
        var command = new Command("fetch", "Show history and the next cursor.") { topic, after, limit };
        app.SetAction(command, (context, cancellationToken) => RunAsync(
            context,
            context.Parsed.GetRequiredValue(topic),
            context.Parsed.GetValue(after),
            context.Parsed.GetValue(limit),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        CliContext context, string name, LogPosition? after, int limit, CancellationToken cancellationToken)
    {
        await using var session = await context.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var topic = await session.FindTopicAsync(name, cancellationToken).ConfigureAwait(false);
        var count = 0;
        while (true)
        {
            var page = await session.Client.FetchAsync(
                topic.Topic, after, Math.Min(limit - count, MaxPage), cancellationToken).ConfigureAwait(false);
            if (page.IsCursorGap)
            {
                throw new DChatException(
                    DChatErrorCodes.CursorGap,
                    $"The log cannot be continued after {after}; it now stands at {page.Head}. Fetch without --after to get what is still there.");
            }

            foreach (var message in page.Messages)
            {
                context.Output.Message(topic, message);
            }

            count += page.Messages.Count;
            after = page.Next;
            if (count == limit || !page.HasMore)
            {
                context.Output.Fetched(topic, count, page.Next, page.HasMore);
                return ExitCodes.Ok;
            }
        }
    }
}

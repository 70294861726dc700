using System.CommandLine;
using System.Globalization;
using DChat.Cli.Output;
using DChat.Cli.Session;
using DChat.Client;
using DChat.Core;
using DChat.Core.Shards;

namespace DChat.Cli.Commands;

/// <summary><c>dchat fetch</c>: shows history and the cursor to go on from.</summary>
internal static class FetchCommand
{
    public static Command Create(CliApp app)
    {
        var after = CursorArgument.Option("--after", "Begin after this cursor. Default: the oldest message kept.");
        var limit = new Option<int>("--limit")
        {
            Description = "Stop after this many messages.",
            HelpName = "n",
            DefaultValueFactory = _ => FetchPage.MaxMessages,
            CustomParser = result =>
            {
                if (!int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count < 1)
                {
                    result.AddError($"--limit takes a number from 1, not '{result.Tokens[0].Value}'.");
                }

                return count;
            },
        };
        var command = new Command("fetch", "Show history and the next cursor.") { after, limit };
        return TopicVerb.Create(app, command, (context, session, topic, cancellationToken) => RunAsync(
            context.Output, session.Client, topic, context.Parsed.GetValue(after), context.Parsed.GetValue(limit), cancellationToken));
    }

    private static async Task<int> RunAsync(
        ICliOutput output, IDChatClient client, NamedTopic topic, LogPosition? after, int limit, CancellationToken cancellationToken)
    {
        var count = 0;
        while (true)
        {
            var page = await client.FetchAsync(
                topic.Topic, after, Math.Min(limit - count, FetchPage.MaxMessages), cancellationToken).ConfigureAwait(false);
            if (page.IsCursorGap)
            {
                throw new DChatException(
                    DChatErrorCodes.CursorGap,
                    $"The log cannot be continued after {after}; it now stands at {page.Head}. Fetch without --after to get what is still there.");
            }

            foreach (var message in page.Messages)
            {
                output.Message(topic, message);
            }

            count += page.Messages.Count;
            after = page.Next;
            if (count == limit || !page.HasMore)
            {
                output.Fetched(topic, count, page.Next, page.HasMore);
                return ExitCodes.Ok;
            }
        }
    }
}

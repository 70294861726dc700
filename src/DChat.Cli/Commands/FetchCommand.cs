using System.CommandLine;
using System.Globalization;
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
        return TopicVerb.Create(app, command, (context, session, topic) => RunAsync(
            context, session.Client, topic, context.Parsed.GetValue(after), context.Parsed.GetValue(limit)));
    }

    private static async Task<int> RunAsync(
        CliContext context, IDChatClient client, NamedTopic topic, LogPosition? after, int limit)
    {
        var count = 0;
        while (true)
        {
            var page = await client.FetchAsync(
                topic.Topic, after, Math.Min(limit - count, FetchPage.MaxMessages), context.Patience.Token).ConfigureAwait(false);
            if (page.IsCursorGap)
            {
                throw new DChatException(
                    DChatErrorCodes.CursorGap,
                    $"The silo does not keep what follows {after}: its log is another one, or does not reach so far. Fetch without --after to get all that it keeps.");
            }

            foreach (var message in page.Messages)
            {
                context.Output.Message(topic, message);
            }

            context.Patience.Renew();
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

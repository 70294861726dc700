using System.CommandLine;
using DChat.Cli.Output;
using DChat.Cli.Session;
using DChat.Client;
using DChat.Core.Shards;

namespace DChat.Cli.Commands;

/// <summary><c>dchat tail</c>: shows messages as they come, until it is interrupted.</summary>
internal static class TailCommand
{
    public static Command Create(CliApp app)
    {
        var from = CursorArgument.Option("--from", "Begin after this cursor.");
        var all = new Option<bool>("--all") { Description = "Begin with the oldest message kept." };
        var command = new Command("tail", "Show messages as they come. Ctrl-C ends it.") { from, all };
        command.Validators.Add(result =>
        {
            if (result.GetResult(from) is not null && result.GetValue(all))
            {
                result.AddError("--from and --all exclude each other.");
            }
        });
        return TopicVerb.Create(app, command, (context, session, topic, cancellationToken) => RunAsync(
            context.Output, session.Client, topic, context.Parsed.GetValue(from), context.Parsed.GetValue(all), cancellationToken));
    }

    private static async Task<int> RunAsync(
        ICliOutput output, IDChatClient client, NamedTopic topic, LogPosition? from, bool all, CancellationToken cancellationToken)
    {
        var head = await client.GetHeadAsync(topic.Topic, cancellationToken).ConfigureAwait(false);
        var start = all ? head with { Sequence = 0 } : from ?? head;

        // What is sent after this line was printed will be shown: programs wait for it.
        output.Tailing(topic, start);
        var options = new SubscribeOptions { Start = StartPosition.After(start) };
        try
        {
            await foreach (var message in client.SubscribeAsync(topic.Topic, options, cancellationToken).ConfigureAwait(false))
            {
                output.Message(topic, message);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Interrupting is how a tail ends.
        }

        return ExitCodes.Ok;
    }
}

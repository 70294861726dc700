using System.CommandLine;
using DChat.Client;
using DChat.Core.Sync;

namespace DChat.Cli.Commands;

/// <summary><c>dchat tail</c>: shows messages as they come, until it is interrupted.</summary>
internal static class TailCommand
{
    public static Command Create(CliApp app)
    {
        var topic = new Argument<string>("topic") { Description = "A topic kept here, or the name of a public one." };
        var from = CursorArgument.Option("--from", "Begin after this cursor.");
        var all = new Option<bool>("--all") { Description = "Begin with the oldest message kept." };
        var command = new Command("tail", "Show messages as they come. Ctrl-C ends it.") { topic, from, all };
        command.Validators.Add(result =>
        {
            if (result.GetResult(from) is not null && result.GetValue(all))
            {
                result.AddError("--from and --all exclude each other.");
            }
        });
        app.SetAction(command, (context, cancellationToken) => RunAsync(
            context,
            context.Parsed.GetRequiredValue(topic),
            context.Parsed.GetValue(from),
            context.Parsed.GetValue(all),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        CliContext context, string name, LogPosition? from, bool all, CancellationToken cancellationToken)
    {
        await using var session = await context.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var topic = await session.FindTopicAsync(name, cancellationToken).ConfigureAwait(false);
        var head = await session.Client.GetHeadAsync(topic.Topic, cancellationToken).ConfigureAwait(false);
        var start = all ? head with { Sequence = 0 } : from ?? head;

        // What is sent after this line was printed will be shown: programs wait for it.
        context.Output.Tailing(topic, start);
        var options = new SubscribeOptions { Start = StartPosition.After(start) };
        try
        {
            await foreach (var message in session.Client.SubscribeAsync(topic.Topic, options, cancellationToken).ConfigureAwait(false))
            {
                context.Output.Message(topic, message);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Interrupting is how a tail ends.
        }

        return ExitCodes.Ok;
    }
}

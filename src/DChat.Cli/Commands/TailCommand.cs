using System.CommandLine;
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
        var all = new Option<bool>("--all") { Description = "Begin with the oldest message kept.", Arity = ArgumentArity.Zero };
        var command = new Command("tail", "Show messages as they come. Ctrl-C ends it.") { from, all };
        command.Validators.Add(result =>
        {
            if (result.GetResult(from) is not null && result.GetValue(all))
            {
                result.AddError("--from and --all exclude each other: give one of them.");
            }
        });
        return TopicVerb.Create(app, command, (context, session, topic) => RunAsync(
            context, session.Client, topic, context.Parsed.GetValue(from), context.Parsed.GetValue(all), app.Time));
    }

    private static async Task<int> RunAsync(
        CliContext context, IDChatClient client, NamedTopic topic, LogPosition? from, bool all, TimeProvider time)
    {
        var head = await client.GetHeadAsync(topic.Topic, context.Patience.Token).ConfigureAwait(false);
        var start = all ? head with { Sequence = 0 } : from ?? head;

        // What is sent after this line was printed will be shown: programs wait for it.
        context.Patience.Suspend();
        context.Output.Tailing(topic, start);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.Patience.Interrupted);
        var watching = new SiloWatch(client, topic.Topic, context.Settings, context.Output, time).RunAsync(ending.Token);
        try
        {
            var options = new SubscribeOptions { Start = StartPosition.After(start) };
            await foreach (var message in client.SubscribeAsync(topic.Topic, options, ending.Token).ConfigureAwait(false))
            {
                context.Output.Message(topic, message);
            }
        }
        catch (OperationCanceledException) when (context.Patience.Interrupted.IsCancellationRequested)
        {
            // Interrupting is how a tail ends.
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return ExitCodes.Ok;
    }
}

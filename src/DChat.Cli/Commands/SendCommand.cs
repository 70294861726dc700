using System.CommandLine;
using System.Runtime.CompilerServices;
using DChat.Cli.Output;
using DChat.Cli.Session;
using DChat.Client;

namespace DChat.Cli.Commands;

/// <summary><c>dchat send</c>: publishes one message, or each line of standard input.</summary>
internal static class SendCommand
{
    public static Command Create(CliApp app)
    {
        var text = new Argument<string?>("text")
        {
            Description = "The message. Default: each line of standard input that is not empty.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var retention = new Option<string>("--retention")
        {
            Description = "How long relays are asked to keep it; more than 30d takes a permit.",
            DefaultValueFactory = _ => "30d",
        };
        retention.AcceptOnlyFromAmong(RetentionNames.All);

        var command = new Command("send", "Publish a message, or each line of standard input.") { text, retention };
        return TopicVerb.Create(app, command, (context, session, topic, cancellationToken) => RunAsync(
            context,
            session.Client,
            topic,
            context.Parsed.GetValue(text),
            new PublishOptions { Retention = RetentionNames.Parse(context.Parsed.GetRequiredValue(retention)) },
            cancellationToken));
    }

    private static async Task<int> RunAsync(
        CliContext context, IDChatClient client, NamedTopic topic, string? text, PublishOptions options, CancellationToken cancellationToken)
    {
        await foreach (var message in MessagesAsync(context.Input, text, cancellationToken).ConfigureAwait(false))
        {
            var receipt = await client.PublishAsync(topic.Topic, message, options, cancellationToken).ConfigureAwait(false);
            context.Output.Sent(topic, receipt);
        }

        return ExitCodes.Ok;
    }

    private static async IAsyncEnumerable<string> MessagesAsync(
        TextReader input, string? text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (text is not null)
        {
            yield return text;
            yield break;
        }

        // Reading the console blocks its thread whatever the token says.
        while (await Task.Run(input.ReadLine, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line.Length > 0)
            {
                yield return line;
            }
        }
    }
}

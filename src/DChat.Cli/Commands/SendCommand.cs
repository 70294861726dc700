using System.CommandLine;
using DChat.Cli.Input;
using DChat.Cli.Output;
using DChat.Cli.Session;
using DChat.Client;
using DChat.Core;
using DChat.Core.Envelopes;

namespace DChat.Cli.Commands;

/// <summary><c>dchat send</c>: publishes one message, or each line of standard input.</summary>
internal static class SendCommand
{
    public const string Name = "send";

    public static Command Create(CliApp app)
    {
        var text = new Argument<string?>("text")
        {
            Description = "The message, in quotes when it has several words. Default: each line of standard input that is not empty.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var binary = new Option<bool>("--binary")
        {
            Description = "Send all of standard input, whatever bytes it has, as one message.",
            Arity = ArgumentArity.Zero,
        };
        var retention = new Option<string>("--retention")
        {
            Description = "How long relays are asked to keep it; more than 30d takes a permit.",
            HelpName = string.Join('|', RetentionNames.All),
            DefaultValueFactory = _ => "30d",
        };
        retention.AcceptOnlyFromAmong(RetentionNames.All);

        var command = new Command(Name, "Publish a message, or each line of standard input.") { text, binary, retention };
        command.Validators.Add(result =>
        {
            if (result.GetValue(binary) && result.GetValue(text) is not null)
            {
                result.AddError("--binary sends standard input: leave the text out.");
            }
        });
        return TopicVerb.Create(app, command, (context, session, topic) => RunAsync(
            context,
            session.Client,
            topic,
            MessagesAsync(context, context.Parsed.GetValue(text), context.Parsed.GetValue(binary)),
            new PublishOptions { Retention = RetentionNames.Parse(context.Parsed.GetRequiredValue(retention)) }));
    }

    private static async Task<int> RunAsync(
        CliContext context, IDChatClient client, NamedTopic topic, IAsyncEnumerable<byte[]> messages, PublishOptions options)
    {
        var count = 0;
        await foreach (var message in messages.ConfigureAwait(false))
        {
            var outcome = await client.TryPublishAsync(topic.Topic, message, options, context.Patience.Token).ConfigureAwait(false);
            if (outcome.Rejection != RejectionCode.None)
            {
                throw new DChatException(
                    outcome.Rejection.ToCode(), $"The message was not sent. {RejectionAdvice.Of(outcome.Rejection)}", outcome.Rejection.IsTransient());
            }

            context.Output.Sent(topic, outcome.Receipt);
            count++;
        }

        if (count == 0)
        {
            context.Output.Note("nothing-sent", "Standard input had no text, so nothing was sent.");
        }

        return ExitCodes.Ok;
    }

    private static async IAsyncEnumerable<byte[]> MessagesAsync(CliContext context, string? text, bool isBinary)
    {
        if (text is not null)
        {
            yield return MessageText.ToBytes(text);
            yield break;
        }

        // Whoever types takes as long as it takes; each message then has the whole patience for itself.
        context.Patience.Suspend();
        if (isBinary)
        {
            var content = await context.Input.ReadAllAsync(context.Patience.Interrupted).ConfigureAwait(false);
            context.Patience.Renew();
            yield return content.Length > 0 ? content : throw MessageText.Empty();
            yield break;
        }

        await foreach (var line in context.Input.ReadLinesAsync(context.Patience.Interrupted).ConfigureAwait(false))
        {
            context.Patience.Renew();
            yield return line;
            context.Patience.Suspend();
        }
    }
}

using System.CommandLine;
using DChat.Cli.Session;

namespace DChat.Cli.Commands;

/// <summary>What verbs about one topic have in common: they take its name first, connect, and find it.</summary>
internal static class TopicVerb
{
    /// <summary>Adds the topic's argument to a verb, in front of its others, and makes its action.</summary>
    /// <param name="app">The application.</param>
    /// <param name="command">The verb, with what else it takes.</param>
    /// <param name="run">What it does; the session ends with it.</param>
    /// <returns><paramref name="command"/>.</returns>
    public static Command Create(CliApp app, Command command, Func<CliContext, CliSession, NamedTopic, Task<int>> run)
    {
        var name = new Argument<string>("topic") { Description = "A topic kept here, or the name of a public one." };
        command.Arguments.Insert(0, name);
        app.SetAction(command, async context =>
        {
            await using var session = await context.ConnectAsync().ConfigureAwait(false);
            var topic = await session.FindTopicAsync(context.Parsed.GetRequiredValue(name), context.Patience.Token).ConfigureAwait(false);
            return await run(context, session, topic).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>What to say when a verb gets more words than it takes.</summary>
    public static string TooMany(Command command, string word) => command.Name == SendCommand.Name
        ? $"'{word}' is one word too many: put a message of several words in quotes, as in dchat send general \"hello world\"."
        : $"'{word}' is one word too many: {command.Name} takes {string.Join(" and ", command.Arguments.Select(argument => $"<{argument.Name}>"))}; "
            + "put what has several words in quotes.";
}

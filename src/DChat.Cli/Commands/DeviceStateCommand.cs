using System.CommandLine;
using DChat.Cli.Session;
using DChat.Client;
using DChat.Client.Devices;
using DChat.Core.Identity;
using DChat.Core.Shards;

namespace DChat.Cli.Commands;

/// <summary>What of <c>dchat device</c> changes what the devices share: it is kept here until <c>dchat device sync</c>, most of it without a silo.</summary>
internal static class DeviceStateCommand
{
    public static Command Read(CliApp app)
    {
        var show = new Option<bool>("--show") { Description = "Show up to where the topic was read; mark nothing.", Arity = ArgumentArity.Zero };
        var command = new Command("read", "Mark a topic as read up to its newest message. dchat device sync tells the other devices.") { show };
        return TopicVerb.Create(app, command, async (context, session, topic) =>
        {
            if (!context.Parsed.GetValue(show) && await NewestAsync(context, session, topic).ConfigureAwait(false) is { } newest)
            {
                await session.Devices.MarkReadAsync(newest, context.Patience.Token).ConfigureAwait(false);
            }

            context.Output.TopicState(topic, session.Devices.ReadMarkerOf(topic.Topic), session.Devices.IsMuted(topic.Topic));
            return ExitCodes.Ok;
        });
    }

    public static Command Mute(CliApp app, string verb, string description, bool isMuted)
    {
        var name = new Argument<string>("topic") { Description = "A topic kept here, or the name of a public one." };
        var command = new Command(verb, description) { name };
        app.SetAction(command, async context =>
        {
            using var home = DChatHome.Open(context.Settings.Home);
            var topic = await FindTopicAsync(context, home, context.Parsed.GetRequiredValue(name)).ConfigureAwait(false);
            await home.Shared.SetMutedAsync(topic.Topic, isMuted, context.Patience.Interrupted).ConfigureAwait(false);
            context.Output.TopicState(topic, home.Shared.ReadMarkerOf(topic.Topic), home.Shared.IsMuted(topic.Topic));
            return ExitCodes.Ok;
        });
        return command;
    }

    public static Command Note(CliApp app)
    {
        var name = new Argument<string>("name") { Description = "What the note is about, such as display-name." };
        var text = new Argument<string?>("text") { Description = "What it says from now on. Default: show what it says.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("note", "Write a note that all your devices have, or show it; devices that did not know of each other leave several texts.") { name, text };
        app.SetAction(command, async context =>
        {
            using var home = DChatHome.Open(context.Settings.Home);
            var note = context.Parsed.GetRequiredValue(name);
            if (context.Parsed.GetValue(text) is { } written)
            {
                try
                {
                    await home.Shared.WriteFieldAsync(note, written, context.Patience.Interrupted).ConfigureAwait(false);
                }
                catch (ArgumentException)
                {
                    throw new UsageException("note-too-long", $"A name is 1–{SharedState.MaxNameLength} bytes of UTF-8, a text at most {SharedState.MaxValueLength}.");
                }
            }

            context.Output.Note(note, home.Shared.Field(note));
            return ExitCodes.Ok;
        });
        return command;
    }

    // A topic that is not kept here is public, and of the network of the silo.
    private static async Task<NamedTopic> FindTopicAsync(CliContext context, DChatHome home, string name)
    {
        if (home.Topics.Find(name) is { } known)
        {
            return new NamedTopic(name, known);
        }

        await using var session = await context.ConnectAsync().ConfigureAwait(false);
        return await session.FindTopicAsync(name, context.Patience.Token).ConfigureAwait(false);
    }

    private static async Task<ReceivedMessage?> NewestAsync(CliContext context, CliSession session, NamedTopic topic)
    {
        ReceivedMessage? newest = null;
        LogPosition? after = session.Devices.ReadMarkerOf(topic.Topic)?.Position;
        FetchPage page;
        do
        {
            page = await session.Client.FetchAsync(topic.Topic, after, FetchPage.MaxMessages, context.Patience.Token).ConfigureAwait(false);
            newest = page.Messages.Count > 0 ? page.Messages[^1] : newest;

            // The mark of another operator's log: begin with the oldest here.
            after = page.IsCursorGap ? null : page.Next;
            context.Patience.Renew();
        }
        while (page.HasMore || page.IsCursorGap);
        return newest;
    }
}

using System.CommandLine;
using DChat.Cli.Session;
using DChat.Client.Devices;
using DChat.Core.Topics;

namespace DChat.Cli.Commands;

/// <summary><c>dchat topic</c>: makes, joins and lists the topics of the home directory. Needs no silo.</summary>
internal static class TopicCommand
{
    private const string DefaultNetwork = "dchat-dev";

    public static Command Create(CliApp app) => new("topic", "Make, join and list topics.")
    {
        CreateCommand(app),
        JoinCommand(app),
        ListCommand(app),
    };

    private static Command CreateCommand(CliApp app)
    {
        var name = new Argument<string>("name") { Description = "The topic's name." };
        var isPublic = new Option<bool>("--public")
        {
            Description = "Make it public: anyone who knows the name can read and write.",
            Arity = ArgumentArity.Zero,
        };
        var network = new Option<string>("--network")
        {
            Description = "The network it belongs to.",
            HelpName = "name",
            DefaultValueFactory = _ => DefaultNetwork,
        };
        var command = new Command("create", "Make a topic, keep it here and print its invite.") { name, isPublic, network };
        app.SetAction(command, context =>
        {
            var text = context.Parsed.GetRequiredValue(name);
            var networkName = context.Parsed.GetRequiredValue(network);
            var topic = context.Parsed.GetValue(isPublic)
                ? TopicNames.Public(networkName, text)
                : TopicNames.CreatePrivate(networkName, text);
            return KeepAsync(context, text, topic);
        });
        return command;
    }

    private static Command JoinCommand(CliApp app)
    {
        var invite = new Argument<string>("invite") { Description = "The text that topic create printed." };
        var name = new Option<string?>("--as") { Description = "The name it goes by here. Default: its own.", HelpName = "name" };
        var command = new Command("join", "Keep the topic of an invite here.") { invite, name };
        app.SetAction(command, context =>
            TopicInvite.TryParse(context.Parsed.GetRequiredValue(invite), out var topic, out var error)
                ? KeepAsync(context, context.Parsed.GetValue(name) ?? topic.Name, topic)
                : throw new UsageException("invite-invalid", error));
        return command;
    }

    private static Command ListCommand(CliApp app)
    {
        var invites = new Option<bool>("--invites") { Description = "Print the invites too; they contain secrets.", Arity = ArgumentArity.Zero };
        var command = new Command("list", "List the topics kept here.") { invites };
        app.SetAction(command, context =>
        {
            using var home = DChatHome.Open(context.Settings.Home);
            var topics = home.Topics.Read().Select(entry => new NamedTopic(entry.Key, entry.Value)).ToList();
            context.Output.Topics(topics, context.Parsed.GetValue(invites));
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static async Task<int> KeepAsync(CliContext context, string name, Topic topic)
    {
        using var home = DChatHome.Open(context.Settings.Home);
        await home.Topics.AddAsync(name, topic, context.Patience.Interrupted).ConfigureAwait(false);
        context.Output.Topic(new NamedTopic(name, topic), TopicInvite.Create(topic));
        return ExitCodes.Ok;
    }
}

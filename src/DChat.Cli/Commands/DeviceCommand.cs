using System.CommandLine;
using DChat.Cli.Session;
using DChat.Client;
using DChat.Core;
using DChat.Core.Identity;
using DChat.Core.Keys;

namespace DChat.Cli.Commands;

/// <summary><c>dchat device</c>: the devices of a person, and what they share.</summary>
internal static class DeviceCommand
{
    public static Command Create(CliApp app) => new("device", "Have several devices, and share read markers, mutes and topics among them.")
    {
        CreateCommand(app),
        RequestCommand(app),
        AddCommand(app),
        RevokeCommand(app),
        SettleCommand(app),
        ListCommand(app),
        FollowCommand(app),
        SyncCommand(app),
        DeviceStateCommand.Read(app),
        DeviceStateCommand.Mute(app, "mute", "Mark a topic as muted. dchat device sync tells the other devices.", isMuted: true),
        DeviceStateCommand.Mute(app, "unmute", "Mark a topic as not muted. dchat device sync tells the other devices.", isMuted: false),
        DeviceStateCommand.Note(app),
    };

    private static Command CreateCommand(CliApp app)
    {
        var none = new Option<bool>("--no-recovery")
        {
            Description = "Make no recovery key: then a fork cannot be settled, and all is lost with the last device.",
            Arity = ArgumentArity.Zero,
        };
        var command = new Command("create", "Begin an identity with this device, and print its recovery key once.") { none };
        SetAction(app, command, async (context, session) =>
        {
            using var recovery = context.Parsed.GetValue(none) ? null : SigningKey.Generate();
            await session.Devices.CreateAsync(recovery?.PublicKey, context.Patience.Token).ConfigureAwait(false);
            Show(context, session);
            if (recovery is not null)
            {
                context.Output.RecoveryKey(RecoveryKeyText.Create(recovery));
            }
        });
        return command;
    }

    private static Command RequestCommand(CliApp app)
    {
        var identity = IdentityArgument("The identity, as dchat device list shows it on another device.");
        var command = new Command("request", "Ask for this device to be added to an identity: print the request for dchat device add.") { identity };
        SetAction(app, command, async (context, session) =>
        {
            var id = ParseIdentity(context.Parsed.GetRequiredValue(identity));
            var request = await session.Devices.RequestAsync(id, context.Patience.Token).ConfigureAwait(false);
            context.Output.DeviceRequest(id, session.Client.Device, request);
        });
        return command;
    }

    private static Command AddCommand(CliApp app)
    {
        var request = new Argument<string>("request") { Description = "The text that dchat device request printed on the new device." };
        var name = new Option<string?>("--name") { Description = "What your devices call it; the relay does not see it.", HelpName = "name" };
        var recovery = RecoveryOption();
        var command = new Command("add", "Add a device to this device's identity.") { request, name, recovery };
        SetAction(app, command, async (context, session) =>
        {
            using var key = ParseRecovery(context.Parsed.GetValue(recovery));
            var device = await session.Devices.AddAsync(
                context.Parsed.GetRequiredValue(request), context.Parsed.GetValue(name), key, context.Patience.Token).ConfigureAwait(false);
            context.Output.DeviceChanged("added", device, null);
        });
        return command;
    }

    private static Command RevokeCommand(CliApp app)
    {
        var device = new Argument<string>("device") { Description = "The device key, as dchat device list shows it." };
        var topics = new Option<string[]>("--topic")
        {
            Description = "A topic that is not kept here, to look through for what the device wrote.",
            HelpName = "name",
            AllowMultipleArgumentsPerToken = false,
        };
        var recovery = RecoveryOption();
        var command = new Command("revoke", "Revoke a device: what it wrote in your topics until now stays valid, nothing else.") { device, topics, recovery };
        SetAction(app, command, async (context, session) =>
        {
            using var key = ParseRecovery(context.Parsed.GetValue(recovery));
            var target = Bytes32.TryParse(context.Parsed.GetRequiredValue(device), out var bytes)
                ? new DeviceKey(bytes)
                : throw new UsageException("device-key-malformed", "A device key is 64 hexadecimal digits.");
            List<NamedTopic> others = [];
            foreach (var name in context.Parsed.GetValue(topics) ?? [])
            {
                others.Add(await session.FindTopicAsync(name, context.Patience.Token).ConfigureAwait(false));
            }

            // Reading all topics takes as long as it takes.
            context.Patience.Suspend();
            var named = await session.Devices.RevokeAsync(target, others.Select(topic => topic.Topic), key, context.Patience.Interrupted).ConfigureAwait(false);
            context.Output.DeviceChanged("revoked", target, named);
        });
        return command;
    }

    private static Command SettleCommand(CliApp app)
    {
        var kept = new Argument<string>("entry") { Description = "The entry of the fork that counts, as dchat device list shows it." };
        var drop = new Option<bool>("--drop-revocations")
        {
            Description = "What the other branches revoked does not count: a thief did it.",
            Arity = ArgumentArity.Zero,
        };
        var recovery = RecoveryOption();
        recovery.Required = true;
        var command = new Command("settle", "Say which branch of a fork of the device log counts.") { kept, drop, recovery };
        SetAction(app, command, async (context, session) =>
        {
            using var key = ParseRecovery(context.Parsed.GetValue(recovery));
            var entry = Bytes32.TryParse(context.Parsed.GetRequiredValue(kept), out var bytes)
                ? new DeviceEntryId(bytes)
                : throw new UsageException("entry-malformed", "An entry is named by 64 hexadecimal digits.");
            await session.Devices.SettleAsync(entry, !context.Parsed.GetValue(drop), key!, context.Patience.Token).ConfigureAwait(false);
            Show(context, session);
        });
        return command;
    }

    private static Command ListCommand(CliApp app)
    {
        var identity = new Option<string?>("--identity") { Description = "Another identity that is followed. Default: this device's.", HelpName = "id" };
        var command = new Command("list", "List the devices of an identity, as the cluster has them now.") { identity };
        SetAction(app, command, async (context, session) =>
        {
            var id = context.Parsed.GetValue(identity) is { } text ? ParseIdentity(text) : OwnIdentity(session);
            await session.Devices.SyncAsync(context.Patience.Token).ConfigureAwait(false);
            context.Output.Identity(session.Devices.View(id), session.Client.Device, session.Devices.NameOf);
        });
        return command;
    }

    private static Command FollowCommand(CliApp app)
    {
        var identity = IdentityArgument("The identity, as its owner tells it.");
        var command = new Command("follow", "Know somebody's devices from now on: messages of those that were revoked are shown as such.") { identity };
        SetAction(app, command, async (context, session) =>
        {
            var view = await session.Devices.FollowAsync(ParseIdentity(context.Parsed.GetRequiredValue(identity)), context.Patience.Token).ConfigureAwait(false);
            context.Output.Identity(view, session.Client.Device, session.Devices.NameOf);
        });
        return command;
    }

    private static Command SyncCommand(CliApp app)
    {
        var command = new Command("sync", "Exchange with your other devices what you share, and read device logs anew.");
        SetAction(app, command, async (context, session) =>
            context.Output.DeviceSynced(await session.Devices.SyncAsync(context.Patience.Token).ConfigureAwait(false)));
        return command;
    }

    private static void SetAction(CliApp app, Command command, Func<CliContext, CliSession, Task> run) => app.SetAction(command, async context =>
    {
        await using var session = await context.ConnectAsync().ConfigureAwait(false);
        await run(context, session).ConfigureAwait(false);
        return ExitCodes.Ok;
    });

    private static void Show(CliContext context, CliSession session) =>
        context.Output.Identity(session.Devices.View(OwnIdentity(session)), session.Client.Device, session.Devices.NameOf);

    private static IdentityId OwnIdentity(CliSession session) => session.Devices.Identity ?? throw new DChatException(
        DChatErrorCodes.DeviceWithoutIdentity, "This device has no identity: begin one with dchat device create, or ask for one with dchat device request.");

    private static Argument<string> IdentityArgument(string description) => new("identity") { Description = description };

    private static Option<string?> RecoveryOption() => new("--recovery")
    {
        Description = "The recovery key, to sign with it instead of this device's key.",
        HelpName = "key",
    };

    private static IdentityId ParseIdentity(string text) => Bytes32.TryParse(text, out var bytes)
        ? new IdentityId(bytes)
        : throw new UsageException("identity-malformed", "An identity is named by 64 hexadecimal digits.");

    private static SigningKey? ParseRecovery(string? text) => text is null ? null : RecoveryKeyText.TryParse(text)
        ?? throw new UsageException("recovery-key-malformed", $"This is no recovery key, or it is damaged: it starts with {RecoveryKeyText.Prefix}.");
}

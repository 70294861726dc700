using System.CommandLine;
using DChat.Abstractions.Messages;
using DChat.Cli.Session;
using DChat.Core;

namespace DChat.Cli.Commands;

/// <summary><c>dchat relay-circuit</c>: shows whom the gateways lead to and through whom they are reached, and changes the latter.</summary>
internal static class RelayCircuitCommand
{
    public static Command Create(CliApp app) => new("relay-circuit", "Show and change how gateways take part in circuit relay.")
    {
        StatusCommand(app),
        ReserveCommand(app),
        ReleaseCommand(app),
    };

    private static Command StatusCommand(CliApp app)
    {
        var gateway = GatewayChoice.Option();
        var command = new Command("status", "Show the reservations that each gateway holds for others and has at relays, which of its addresses others reach, limits and refusals.") { gateway };
        app.SetAction(command, context => StatusAsync(context, context.Parsed.GetValue(gateway)));
        return command;
    }

    private static Command ReserveCommand(CliApp app)
    {
        var relay = new Argument<string>("multiaddr") { Description = "The relay's address, ending with /p2p and its id." };
        var gateway = GatewayChoice.Option();
        var command = new Command("reserve", "Have the gateways reserve at a relay until they end.") { relay, gateway };
        app.SetAction(command, context => ReserveAsync(context, context.Parsed.GetRequiredValue(relay), context.Parsed.GetValue(gateway)));
        return command;
    }

    private static Command ReleaseCommand(CliApp app)
    {
        var relay = new Argument<string>("peer id") { Description = "The relay." };
        var gateway = GatewayChoice.Option();
        var command = new Command("release", "Have the gateways give up their reservations at a relay.") { relay, gateway };
        app.SetAction(command, context => ReleaseAsync(context, context.Parsed.GetRequiredValue(relay), context.Parsed.GetValue(gateway)));
        return command;
    }

    private static async Task<int> StatusAsync(CliContext context, string? only)
    {
        await using var session = await context.ConnectAsync().ConfigureAwait(false);
        foreach (var gateway in await GatewayChoice.ListAsync(context, session, only).ConfigureAwait(false))
        {
            context.Output.Circuits(gateway, await session.Operator.DescribeCircuitsAsync(gateway.PeerId, context.Patience.Token).ConfigureAwait(false));
            context.Patience.Renew();
        }

        return ExitCodes.Ok;
    }

    private static async Task<int> ReserveAsync(CliContext context, string relay, string? only)
    {
        var (isReserved, isNamed, fault) = (false, false, (string?)null);
        var code = await EachAsync(context, only, async (session, gateway) =>
        {
            if (await session.Operator.ReserveCircuitAsync(gateway.PeerId, relay, context.Patience.Token).ConfigureAwait(false) is not { } status)
            {
                return false;
            }

            context.Output.CircuitRelay(gateway, status);
            isReserved |= status.State == CircuitRelayDescription.Reserved;
            isNamed |= status.IsNamed;
            fault ??= status.Fault;
            return true;
        }).ConfigureAwait(false);

        // A gateway that did not take the name does not try again.
        var outcome = isNamed ? "No gateway has a reservation there yet; they go on trying." : "No gateway has a reservation there.";
        return isReserved ? code : throw new DChatException("circuit-not-reserved", $"{outcome} {fault}".TrimEnd(), isTransient: isNamed);
    }

    private static Task<int> ReleaseAsync(CliContext context, string relay, string? only) => EachAsync(context, only, async (session, gateway) =>
    {
        if (await session.Operator.ReleaseCircuitAsync(gateway.PeerId, relay, context.Patience.Token).ConfigureAwait(false) is not { } wasKnown)
        {
            return false;
        }

        context.Output.CircuitReleased(gateway, relay, wasKnown);
        return true;
    });

    /// <summary>Asks every gateway, or one; fails when none answers.</summary>
    private static async Task<int> EachAsync(CliContext context, string? only, Func<CliSession, GatewayDescription, Task<bool>> ask)
    {
        await using var session = await context.ConnectAsync().ConfigureAwait(false);
        var answers = 0;
        foreach (var gateway in await GatewayChoice.ListAsync(context, session, only).ConfigureAwait(false))
        {
            context.Patience.Renew();
            answers += await ask(session, gateway).ConfigureAwait(false) ? 1 : 0;
        }

        return answers > 0
            ? ExitCodes.Ok
            : throw GatewayChoice.NobodyAnswers();
    }
}

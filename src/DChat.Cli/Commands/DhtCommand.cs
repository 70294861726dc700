using System.CommandLine;
using DChat.Core;

namespace DChat.Cli.Commands;

/// <summary><c>dchat dht</c>: shows what the gateways know of the network's DHT, and looks peers up in it.</summary>
internal static class DhtCommand
{
    public static Command Create(CliApp app) => new("dht", "Show the DHT by which relays find each other.")
    {
        StatusCommand(app),
        FindCommand(app),
    };

    private static Command StatusCommand(CliApp app)
    {
        var gateway = GatewayChoice.Option();
        var command = new Command("status", "Show each gateway's routing table and the gateways of relays that it has found.") { gateway };
        app.SetAction(command, context => StatusAsync(context, context.Parsed.GetValue(gateway)));
        return command;
    }

    private static Command FindCommand(CliApp app)
    {
        var peer = new Argument<string>("peer id") { Description = "Whom to find." };
        var gateway = GatewayChoice.Option();
        var command = new Command("find", "Have a gateway look a peer up.") { peer, gateway };
        app.SetAction(command, context => FindAsync(context, context.Parsed.GetRequiredValue(peer), context.Parsed.GetValue(gateway)));
        return command;
    }

    private static async Task<int> StatusAsync(CliContext context, string? only)
    {
        await using var session = await context.ConnectAsync().ConfigureAwait(false);
        var gateways = await GatewayChoice.ListAsync(context, session, only).ConfigureAwait(false);
        foreach (var gateway in gateways)
        {
            context.Output.Dht(gateway, await session.Operator.DescribeDhtAsync(gateway.PeerId, context.Patience.Token).ConfigureAwait(false));
            context.Patience.Renew();
        }

        return ExitCodes.Ok;
    }

    private static async Task<int> FindAsync(CliContext context, string peer, string? only)
    {
        await using var session = await context.ConnectAsync().ConfigureAwait(false);
        foreach (var gateway in await GatewayChoice.ListAsync(context, session, only).ConfigureAwait(false))
        {
            context.Patience.Renew();
            if (await session.Operator.FindPeerAsync(gateway.PeerId, peer, context.Patience.Token).ConfigureAwait(false) is { } finding)
            {
                if (finding.Addresses.Length == 0 && finding.Relay is null)
                {
                    throw new DChatException("peer-unknown", $"Nobody in the DHT knows where {peer} is.");
                }

                context.Output.Found(finding);
                return ExitCodes.Ok;
            }
        }

        throw GatewayChoice.NobodyAnswers();
    }
}

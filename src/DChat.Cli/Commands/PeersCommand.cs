using System.CommandLine;

namespace DChat.Cli.Commands;

/// <summary><c>dchat peers</c>: shows the gateways of the cluster and who is connected to them.</summary>
internal static class PeersCommand
{
    public static Command Create(CliApp app)
    {
        var gateway = GatewayChoice.Option();
        var command = new Command("peers", "Show the gateways of the cluster and the peers connected to each.") { gateway };
        app.SetAction(command, context => RunAsync(context, context.Parsed.GetValue(gateway)));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, string? only)
    {
        await using var session = await context.ConnectAsync().ConfigureAwait(false);
        foreach (var gateway in await GatewayChoice.ListAsync(context, session, only).ConfigureAwait(false))
        {
            var report = await session.Operator.DescribePeersAsync(gateway.PeerId, context.Patience.Token).ConfigureAwait(false);
            context.Patience.Renew();
            context.Output.Gateway(gateway, report);
        }

        return ExitCodes.Ok;
    }
}

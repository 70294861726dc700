using DChat.Abstractions.Messages;
using DChat.Cli.Session;
using DChat.Core;

namespace DChat.Cli.Commands;

/// <summary>Which gateways a verb is about: all of the cluster, or the one that the user names.</summary>
internal static class GatewayChoice
{
    /// <summary>The gateways; says so when there are none.</summary>
    /// <exception cref="DChatException">The one that was named is not there (<c>gateway-unknown</c>).</exception>
    public static async Task<IReadOnlyList<GatewayDescription>> ListAsync(CliContext context, CliSession session, string? only)
    {
        var gateways = await session.Operator.ListGatewaysAsync(context.Patience.Token).ConfigureAwait(false);
        if (only is not null)
        {
            gateways = [.. gateways.Where(gateway => gateway.PeerId == only)];
            if (gateways.Count == 0)
            {
                throw new DChatException(PeersCommand.UnknownGateway, $"The cluster has no gateway {only} now. Those it has: dchat peers");
            }
        }

        if (gateways.Count == 0)
        {
            context.Output.NoGateways();
        }

        return gateways;
    }
}

using System.CommandLine;
using DChat.Abstractions.Messages;
using DChat.Cli.Session;
using DChat.Core;

namespace DChat.Cli.Commands;

/// <summary>Which gateways a verb is about: all of the cluster, or the one that the user names.</summary>
internal static class GatewayChoice
{
    private const string UnknownGateway = "gateway-unknown";

    /// <summary><c>--gateway</c>.</summary>
    public static Option<string?> Option() => new("--gateway") { Description = "Ask this gateway alone.", HelpName = "peer id" };

    /// <summary>What a verb fails with that needs an answer and has got none.</summary>
    public static DChatException NobodyAnswers() => new(UnknownGateway, "No gateway of the cluster answers now. Those it has: dchat peers");

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
                throw new DChatException(UnknownGateway, $"The cluster has no gateway {only} now. Those it has: dchat peers");
            }
        }

        if (gateways.Count == 0)
        {
            context.Output.NoGateways();
        }

        return gateways;
    }
}

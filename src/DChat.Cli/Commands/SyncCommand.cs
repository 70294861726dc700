using System.CommandLine;
using DChat.Abstractions.Messages;
using DChat.Cli.Session;
using DChat.Core;

namespace DChat.Cli.Commands;

/// <summary><c>dchat sync</c>: how gateways reconcile the cluster's shards with those of other relays.</summary>
internal static class SyncCommand
{
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(200);

    public static Command Create(CliApp app) => new("sync", "Show how gateways reconcile with other relays, and have them do it.")
    {
        Verb(app, "status", "Show each partner, the differences that the last run found, and what it took.", DescribeAsync),
        Verb(app, "now", "Reconcile now, and show how it went.", RunNowAsync),
        Verb(app, "explain", "Show the last run shard by shard.", DescribeAsync, showsShards: true),
    };

    private static Command Verb(
        CliApp app,
        string name,
        string description,
        Func<CliContext, CliSession, GatewayDescription, string?, Task<SyncDescription?>> run,
        bool showsShards = false)
    {
        var gateway = GatewayChoice.Option();
        var partner = new Option<string?>("--partner") { Description = "Only this partner.", HelpName = "peer id" };
        var command = new Command(name, description) { gateway, partner };
        app.SetAction(command, async context =>
        {
            await using var session = await context.ConnectAsync().ConfigureAwait(false);
            var only = context.Parsed.GetValue(partner);
            foreach (var each in await GatewayChoice.ListAsync(context, session, context.Parsed.GetValue(gateway)).ConfigureAwait(false))
            {
                context.Patience.Renew();
                var sync = Only(await run(context, session, each, only).ConfigureAwait(false), only);
                context.Output.Sync(each, sync);
                foreach (var told in showsShards && sync is not null ? sync.Partners : [])
                {
                    context.Output.SyncShards(told);
                }
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static Task<SyncDescription?> DescribeAsync(CliContext context, CliSession session, GatewayDescription gateway, string? partner) =>
        session.Operator.DescribeSyncAsync(gateway.PeerId, context.Patience.Token);

    private static async Task<SyncDescription?> RunNowAsync(CliContext context, CliSession session, GatewayDescription gateway, string? partner)
    {
        var before = await session.Operator.DescribeSyncAsync(gateway.PeerId, context.Patience.Token).ConfigureAwait(false);
        if (before is null)
        {
            return null;
        }

        // A run that is under way may have passed what the user means already; the one after it has not.
        var due = before.Partners.ToDictionary(each => each.PeerId, each => each.Runs + (each.IsRunning ? 2 : 1));
        var now = await session.Operator.BeginSyncAsync(gateway.PeerId, partner, context.Patience.Token).ConfigureAwait(false);
        context.Patience.Suspend();
        while (now is not null && Only(now, partner)!.Partners.Any(each => each.Runs < due.GetValueOrDefault(each.PeerId)))
        {
            await Task.Delay(PollPeriod, context.Patience.Interrupted).ConfigureAwait(false);
            now = await session.Operator.DescribeSyncAsync(gateway.PeerId, context.Patience.Interrupted).ConfigureAwait(false);
        }

        return now;
    }

    /// <exception cref="DChatException">The gateway has no such partner (<c>partner-unknown</c>).</exception>
    private static SyncDescription? Only(SyncDescription? sync, string? partner)
    {
        if (sync is null || partner is null)
        {
            return sync;
        }

        var named = sync.Partners.Where(each => each.PeerId == partner).ToArray();
        return named.Length == 0
            ? throw new DChatException("partner-unknown", $"The gateway has no partner {partner}. Those it has: dchat sync status")
            : sync with { Partners = named };
    }
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Messages;
using DChat.Core.Clocks;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Libp2p;
using DChat.Libp2p.Host;
using DChat.Libp2p.Swarm;
using Microsoft.Extensions.Options;

namespace DChat.Federation.Sync;

/// <summary>One run with one partner over all shards.</summary>
internal sealed class SyncRun(Libp2pHost host, SyncCluster cluster, SyncIntake intake, IOptions<SyncOptions> options, TimeProvider time)
{
    /// <summary>Reconciles every shard. A shard that fails is told of and holds up no other.</summary>
    /// <exception cref="Libp2pException">The partner cannot be reached.</exception>
    public async Task<IReadOnlyList<SyncShardRun>> RunAsync(SyncPartner partner, CancellationToken cancellationToken)
    {
        using var activity = DChatTelemetry.Activities.StartActivity("dchat.sync");
        activity?.SetTag("dchat.partner", partner.PeerId);
        var started = time.GetTimestamp();
        var connection = await ConnectAsync(partner, cancellationToken).ConfigureAwait(false);
        partner.Change(told => told with { IsRunning = true });
        var to = HybridTimestamp.Create((time.GetUtcNow() - options.Value.QuietWindow).ToUnixTimeMilliseconds(), 0);
        using var clock = new CancellationTokenSource(options.Value.MaxRunTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        var budget = new RunBudget(options.Value.MaxRunBytes, either.Token, cancellationToken);

        // In another order each time: when the budget or the partner gives out, it is not always the same shards that wait.
        var shards = Enumerable.Range(0, cluster.Network.ShardCount).Select(number => new ShardId((ushort)number)).ToArray();
        RandomNumberGenerator.Shuffle<ShardId>(shards);
        ConcurrentBag<SyncShardRun> runs = [];
        await Parallel.ForEachAsync(
            shards,
            new ParallelOptions { MaxDegreeOfParallelism = options.Value.Parallelism, CancellationToken = cancellationToken },
            async (shard, _) =>
            {
                var run = await TryRunAsync(connection, partner, budget, shard, 0, to.Value).ConfigureAwait(false);
                FederationInstruments.Reconciled(run);
                runs.Add(run);
            }).ConfigureAwait(false);
        FederationInstruments.Ran(time.GetElapsedTime(started));
        return [.. runs.OrderBy(run => run.Shard)];
    }

    private async Task<PeerConnection> ConnectAsync(SyncPartner partner, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(SyncLimits.DialTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await host.ConnectAsync(partner.Address, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new Libp2pException(Libp2pErrorCodes.TimedOut, $"It does not answer within {SyncLimits.DialTimeout.TotalSeconds} s.", isTransient: true);
        }
    }

    /// <summary>Reconciles a range. Whatever fails is told, beside what has been done.</summary>
    private async Task<SyncShardRun> TryRunAsync(PeerConnection connection, SyncPartner partner, RunBudget budget, ShardId shard, ulong from, ulong to)
    {
        try
        {
            return await RunRangeAsync(connection, partner, budget, shard, from, to).ConfigureAwait(false);
        }
        catch (Exception failure) when (!budget.IsStopping)
        {
            return new SyncShardRun(shard.Value, 0, 0) { Fault = budget.TextOf(failure) };
        }
    }

    /// <summary>Reconciles a range, in two halves when it is too much for one session.</summary>
    private async Task<SyncShardRun> RunRangeAsync(PeerConnection connection, SyncPartner partner, RunBudget budget, ShardId shard, ulong from, ulong to)
    {
        budget.End.ThrowIfCancellationRequested();
        SyncShardRun run;
        var stream = await host.NewStreamAsync(connection, [ProtocolIds.Sync], budget.End).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var asking = new SyncAsking(cluster, intake, partner, shard, budget, new SyncFrames(stream, time));
            run = await asking.RunAsync(from, to, budget.End).ConfigureAwait(false);
        }

        if (run.Method != "split" || run.Fault is not null)
        {
            return run;
        }

        if (!budget.TrySplit())
        {
            return run with { Fault = $"The sets differ too much: {RunBudget.MaxSplits} ranges were parted." };
        }

        // The newest first: that is what people read.
        var middle = from + ((to - from) / 2);
        var newer = await TryRunAsync(connection, partner, budget, shard, middle, to).ConfigureAwait(false);
        var older = await TryRunAsync(connection, partner, budget, shard, from, middle).ConfigureAwait(false);
        return Together(run, older, newer);
    }

    private static SyncShardRun Together(SyncShardRun run, SyncShardRun older, SyncShardRun newer) => newer.Plus(older) with
    {
        Ours = run.Ours,
        Theirs = run.Theirs,
        Method = run.Method,
        Rounds = run.Rounds + newer.Rounds + older.Rounds,
        FindingBytes = run.FindingBytes + newer.FindingBytes + older.FindingBytes,
    };
}

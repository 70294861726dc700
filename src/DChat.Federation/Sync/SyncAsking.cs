using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Reconciliation;
using DChat.Core.Topics;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Federation.Sync;

/// <summary>The side of a stream that asks: finds the differences of one shard and brings them over.</summary>
/// <param name="cluster">The shards.</param>
/// <param name="intake">Takes what comes.</param>
/// <param name="partner">The partner's PeerId as text.</param>
/// <param name="budget">How many envelope bytes may still come in this run.</param>
/// <param name="frames">The stream.</param>
internal sealed class SyncAsking(SyncCluster cluster, SyncIntake intake, string partner, RunBudget budget, SyncFrames frames)
{
    /// <summary>
    /// The most differences that one session looks for, by the counts of both sides. Beyond, the range is parted in two, so that a relay that
    /// has nothing yet gets everything in pieces.
    /// </summary>
    internal const long MaxCountDifference = 100_000;

    /// <summary>Reconciles a range of a shard.</summary>
    /// <returns>How it went; its method is <c>split</c> when the range is too much for one session.</returns>
    public async Task<SyncShardRun> RunAsync(ShardId shard, ulong from, ulong to, CancellationToken cancellationToken)
    {
        var opening = await cluster.OpenAsync(shard, new SyncRange(from, to, []), theirs: null, cancellationToken).ConfigureAwait(false);
        try
        {
            return await RunAsync(shard, opening, from, to, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            opening.Session.CloseAsync().Ignore();
        }
    }

    private async Task<SyncShardRun> RunAsync(ShardId shard, SyncOpening opening, ulong from, ulong to, CancellationToken cancellationToken)
    {
        var opened = await AskAsync(
            new SyncRequest
            {
                Open = new SyncOpen
                {
                    Network = cluster.Network.Network,
                    ShardBits = (uint)cluster.Network.ShardBits,
                    Shard = shard.Value,
                    From = from,
                    To = to,
                    Ours = SyncMessages.Of(opening.Ours),
                },
            },
            SyncReply.WhatOneofCase.Opened,
            cancellationToken).ConfigureAwait(false);
        var theirs = SyncMessages.Read(opened.Opened.Theirs);
        var run = new SyncShardRun(shard.Value, (long)opening.Ours.Count, (long)Math.Min(theirs.Count, long.MaxValue));
        if (opening.Ours.HasSameItems(theirs))
        {
            return run with { Method = "equal", IsExact = true, Rounds = 1, FindingBytes = frames.Total };
        }

        if (Math.Abs(run.Ours - run.Theirs) > MaxCountDifference && to - from > 1)
        {
            return run with { Method = "split", Rounds = 1, FindingBytes = frames.Total };
        }

        var (found, rounds) = await FindAsync(opening.Session, theirs, cancellationToken).ConfigureAwait(false);
        run = run with
        {
            Method = rounds == 0 ? "equal" : found.IsByNegentropy ? "negentropy" : "sketch",
            IsExact = found.IsExact,
            Rounds = rounds + 1,
            Symbols = found.Symbols,
            FindingBytes = frames.Total,
            Needs = found.Needs.Length / Bytes32.Length,
            Haves = found.Haves.Length / Bytes32.Length,
        };
        run = await PullAsync(run, shard, found.Needs, cancellationToken).ConfigureAwait(false);
        run = await GiveAsync(run, opening.Session, found.Haves, cancellationToken).ConfigureAwait(false);
        return run with { TransferBytes = frames.Total - run.FindingBytes };
    }

    private async Task<(SyncFinding Found, int Rounds)> FindAsync(ISyncSession session, SetSummary theirs, CancellationToken cancellationToken)
    {
        var step = await cluster.CallAsync(() => session.BeginAsync(theirs), cancellationToken).ConfigureAwait(false);
        var rounds = 0;
        for (; step.Kind != FinderStepKind.Done; rounds++)
        {
            byte[] answer;
            if (step.Kind == FinderStepKind.AskSymbols)
            {
                answer = await AskForSymbolsAsync(step.Start, step.Count, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                var request = new SyncRequest { Negentropy = UnsafeByteOperations.UnsafeWrap(step.Message) };
                answer = (await AskAsync(request, SyncReply.WhatOneofCase.Negentropy, cancellationToken).ConfigureAwait(false)).Negentropy.ToByteArray();
            }

            step = await cluster.CallAsync(() => session.ContinueAsync(answer), cancellationToken).ConfigureAwait(false);
        }

        return (step.Found!, rounds);
    }

    private async Task<byte[]> AskForSymbolsAsync(int start, int count, CancellationToken cancellationToken)
    {
        var symbols = new byte[count * CodedSymbol.Length];
        for (var have = 0; have < count;)
        {
            var part = Math.Min(count - have, ISyncSession.MaxSymbols);
            var request = new SyncRequest { Symbols = new SyncSymbols { Start = (uint)(start + have), Count = (uint)part } };
            var reply = (await AskAsync(request, SyncReply.WhatOneofCase.Symbols, cancellationToken).ConfigureAwait(false)).Symbols;
            if (reply.Length != part * CodedSymbol.Length)
            {
                // It gives no more of them.
                return [];
            }

            reply.CopyTo(symbols, have * CodedSymbol.Length);
            have += part;
        }

        return symbols;
    }

    private async Task<SyncShardRun> PullAsync(SyncShardRun run, ShardId shard, byte[] needs, CancellationToken cancellationToken)
    {
        for (var at = 0; at < needs.Length; at += SyncLimits.MaxIdBytes)
        {
            var ids = needs.AsMemory(at, Math.Min(SyncLimits.MaxIdBytes, needs.Length - at));
            if (budget.IsSpent)
            {
                return run with { Deferred = run.Deferred + ((needs.Length - at) / Bytes32.Length) };
            }

            run = await PullSomeAsync(run, shard, ids, cancellationToken).ConfigureAwait(false);
        }

        return run;
    }

    // One batch is made durable while the next one comes.
    private async Task<SyncShardRun> PullSomeAsync(SyncShardRun run, ShardId shard, ReadOnlyMemory<byte> ids, CancellationToken cancellationToken)
    {
        HashSet<Bytes32> wanted = [];
        for (var at = 0; at < ids.Length; at += Bytes32.Length)
        {
            wanted.Add(new Bytes32(ids.Span.Slice(at, Bytes32.Length)));
        }

        await frames.WriteAsync(new SyncRequest { Fetch = new SyncIds { Ids = UnsafeByteOperations.UnsafeWrap(ids) } }, cancellationToken).ConfigureAwait(false);
        Task<SyncIntakeResult>? taking = null;
        try
        {
            for (var batches = 0; batches <= SyncLimits.MaxIds; batches++)
            {
                var reply = await ReadAsync(SyncReply.WhatOneofCase.Envelopes, cancellationToken).ConfigureAwait(false);
                var envelopes = SyncMessages.Read(reply.Envelopes);
                run = await SettleAsync(run, taking).ConfigureAwait(false);
                taking = null;
                if (envelopes.Count > 0 && budget.TryTake(envelopes.Sum(envelope => (long)envelope.Length)))
                {
                    taking = intake.TakeAsync(envelopes, shard, partner, wanted.Contains, cancellationToken);
                }
                else
                {
                    run = run with { Deferred = run.Deferred + envelopes.Count };
                }

                if (reply.Envelopes.Last)
                {
                    return await SettleAsync(run, taking).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            if (taking is not null)
            {
                await ((Task)taking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        throw SyncMessages.Malformed("More batches came than ids were asked for.");
    }

    private static async Task<SyncShardRun> SettleAsync(SyncShardRun run, Task<SyncIntakeResult>? taking)
    {
        if (taking is null)
        {
            return run;
        }

        var result = await taking.ConfigureAwait(false);
        return run with { Pulled = run.Pulled + result.Kept, Refused = run.Refused + result.Refused, Deferred = run.Deferred + result.Deferred };
    }

    private async Task<SyncShardRun> GiveAsync(SyncShardRun run, ISyncSession session, byte[] haves, CancellationToken cancellationToken)
    {
        for (var at = 0; at < haves.Length; at += SyncLimits.MaxIdBytes)
        {
            var offered = haves.AsMemory(at, Math.Min(SyncLimits.MaxIdBytes, haves.Length - at));
            var reply = await AskAsync(
                new SyncRequest { Offer = new SyncIds { Ids = UnsafeByteOperations.UnsafeWrap(offered) } }, SyncReply.WhatOneofCase.Wanted, cancellationToken)
                .ConfigureAwait(false);
            var wanted = SyncMessages.Read(reply.Wanted, mayBeNone: true);
            if (wanted.Length > offered.Length)
            {
                throw SyncMessages.Malformed("More was wanted than was offered.");
            }

            run = run with { Unwanted = run.Unwanted + ((offered.Length - wanted.Length) / Bytes32.Length) };
            if (wanted.Length > 0)
            {
                await cluster.CallAsync(() => session.LocateAsync(wanted), cancellationToken).ConfigureAwait(false);
                run = await GiveLocatedAsync(run, session, cancellationToken).ConfigureAwait(false);
            }
        }

        return run;
    }

    private async Task<SyncShardRun> GiveLocatedAsync(SyncShardRun run, ISyncSession session, CancellationToken cancellationToken)
    {
        while (true)
        {
            var batch = await cluster.CallAsync(session.ReadAsync, cancellationToken).ConfigureAwait(false);
            if (batch.Count == 0)
            {
                return run;
            }

            var kept = (await AskAsync(
                new SyncRequest { Envelopes = SyncMessages.Of(batch, isLast: false) }, SyncReply.WhatOneofCase.Kept, cancellationToken).ConfigureAwait(false)).Kept;
            run = run with { Given = run.Given + kept.Kept, Deferred = run.Deferred + kept.Deferred };
        }
    }

    private async Task<SyncReply> AskAsync(SyncRequest request, SyncReply.WhatOneofCase expected, CancellationToken cancellationToken)
    {
        await frames.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(expected, cancellationToken).ConfigureAwait(false);
    }

    private async Task<SyncReply> ReadAsync(SyncReply.WhatOneofCase expected, CancellationToken cancellationToken)
    {
        var reply = await frames.ReadAsync(SyncReply.Parser, cancellationToken).ConfigureAwait(false);
        return reply switch
        {
            _ when reply?.WhatCase == expected => reply,
            { WhatCase: SyncReply.WhatOneofCase.Failed } => throw new DChatException(
                "partner-refuses", $"The partner answers {NameOf(reply.Failed)}.", isTransient: reply.Failed is SyncStatus.Busy or SyncStatus.Unavailable),
            null => throw new DChatException("partner-refuses", "The partner has ended the stream.", isTransient: true),
            _ => throw SyncMessages.Malformed($"The partner answers with {reply.WhatCase} where {expected} is due."),
        };
    }

    private static string NameOf(SyncStatus status) => status switch
    {
        SyncStatus.Malformed => "that the request is malformed",
        SyncStatus.WrongNetwork => "that it is of another network",
        SyncStatus.Busy => "that it has too much to do",
        _ => "that its storage cannot answer now",
    };
}

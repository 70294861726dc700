using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Reconciliation;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Libp2p;
using Google.Protobuf;

namespace DChat.Federation.Sync;

/// <summary>The side of a stream that asks: finds the differences of one shard and brings them over.</summary>
/// <param name="cluster">The shards.</param>
/// <param name="intake">Takes what comes.</param>
/// <param name="partner">The partner.</param>
/// <param name="shard">The shard.</param>
/// <param name="budget">How many envelope bytes may still come in this run.</param>
/// <param name="frames">The stream.</param>
internal sealed class SyncAsking(SyncCluster cluster, SyncIntake intake, SyncPartner partner, ShardId shard, RunBudget budget, SyncFrames frames)
{
    /// <summary>
    /// The most differences that one session looks for, by the counts of both sides. Beyond, the range is parted in two, so that a relay that
    /// has nothing yet gets everything in pieces.
    /// </summary>
    internal const long MaxCountDifference = 100_000;

    private SyncShardRun _run = new(shard.Value, 0, 0);

    /// <summary>Reconciles a range of the shard.</summary>
    /// <returns>How it went, also where something went wrong on the way; its method is <c>split</c> when the range is too much for one session.</returns>
    public async Task<SyncShardRun> RunAsync(ulong from, ulong to, CancellationToken cancellationToken)
    {
        try
        {
            var opening = await cluster.OpenAsync(shard, new SyncRange(from, to, []), theirs: null, isStranger: false, cancellationToken).ConfigureAwait(false);
            try
            {
                await RunAsync(opening, from, to, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                opening.Session.CloseAsync().Ignore();
            }
        }
        catch (Exception failure) when (!budget.IsStopping)
        {
            // Also what nobody thought of: it is of one shard, and holds up no other.
            _run = _run with { Fault = budget.TextOf(failure) };
        }

        return _run with { TransferBytes = frames.Total - _run.FindingBytes };
    }

    /// <summary>Whether a failure is of the peer, the network or the cluster, and the next run may go better.</summary>
    internal static bool MayPass(Exception failure) =>
        failure is DChatException or Libp2pException or IOException or OperationCanceledException || GrainFaults.MayPass(failure);

    private async Task RunAsync(SyncOpening opening, ulong from, ulong to, CancellationToken cancellationToken)
    {
        var opened = await AskAsync(OpenOf(opening, from, to), SyncReply.WhatOneofCase.Opened, cancellationToken).ConfigureAwait(false);
        var theirs = SyncMessages.Read(opened.Opened.Theirs);
        _run = _run with
        {
            Ours = (long)opening.Ours.Count,
            Theirs = (long)theirs.Count,
            Rounds = 1,
            FindingBytes = frames.Total,
        };
        if (opening.Ours.HasSameItems(theirs))
        {
            _run = _run with { Method = "equal", IsExact = true };
            return;
        }

        if (Math.Abs(_run.Ours - _run.Theirs) > MaxCountDifference && to - from > 1)
        {
            _run = _run with { Method = "split" };
            return;
        }

        if (await TryFindAsync(opening.Session, theirs, mayPart: to - from > 1, cancellationToken).ConfigureAwait(false) is not var (found, rounds))
        {
            // Sets of like size may have little in common, which shows only on the way.
            _run = _run with { Method = "split", FindingBytes = frames.Total };
            return;
        }

        _run = _run with
        {
            Method = rounds == 0 ? "equal" : found.IsByNegentropy ? "negentropy" : "sketch",
            IsExact = found.IsExact,
            Rounds = rounds + 1,
            Symbols = found.Symbols,
            FindingBytes = frames.Total,
            Needs = found.Needs.Length / Bytes32.Length,
            Haves = found.Haves.Length / Bytes32.Length,
        };
        if (!await TryPullAsync(found.Needs, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        await GiveAsync(opening.Session, found.Haves, cancellationToken).ConfigureAwait(false);
    }

    private SyncRequest OpenOf(SyncOpening opening, ulong from, ulong to) => new()
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
    };

    /// <summary>Finds the differences; null when they are too many for one session, and the range may be parted.</summary>
    private async Task<(SyncFinding Found, int Rounds)?> TryFindAsync(
        ISyncSession session, SetSummary theirs, bool mayPart, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(session, theirs, cancellationToken).ConfigureAwait(false);
        }
        catch (DChatException limit) when (mayPart && limit.Code == "reconciliation-limit")
        {
            return null;
        }
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

    /// <summary>Fetches what we lack; false when the budget was spent on the way, and more is coming that nobody reads.</summary>
    private async Task<bool> TryPullAsync(byte[] needs, CancellationToken cancellationToken)
    {
        for (var at = 0; at < needs.Length; at += SyncLimits.MaxIdBytes)
        {
            if (budget.IsSpent)
            {
                _run = _run with { Deferred = _run.Deferred + ((needs.Length - at) / Bytes32.Length) };
                return true;
            }

            var length = Math.Min(SyncLimits.MaxIdBytes, needs.Length - at);
            var (came, isLast) = await PullSomeAsync(needs.AsMemory(at, length), cancellationToken).ConfigureAwait(false);
            if (!isLast)
            {
                _run = _run with { Deferred = _run.Deferred + Math.Max(0, ((needs.Length - at) / Bytes32.Length) - came) };
                return false;
            }
        }

        return true;
    }

    // One batch is made durable while the next one comes.
    private async Task<(int Came, bool IsLast)> PullSomeAsync(ReadOnlyMemory<byte> ids, CancellationToken cancellationToken)
    {
        var wanted = SyncWanted.Of(ids.Span);
        var came = 0;
        await frames.WriteAsync(new SyncRequest { Fetch = new SyncIds { Ids = UnsafeByteOperations.UnsafeWrap(ids) } }, cancellationToken).ConfigureAwait(false);
        var taking = Task.CompletedTask;
        try
        {
            for (var batches = 0; batches <= SyncLimits.MaxIds; batches++)
            {
                var reply = await ReadAsync(SyncReply.WhatOneofCase.Envelopes, cancellationToken).ConfigureAwait(false);
                var envelopes = SyncMessages.Read(reply.Envelopes);
                await taking.ConfigureAwait(false);
                taking = TakeAsync(envelopes, wanted, cancellationToken);
                came += envelopes.Count;
                if (reply.Envelopes.Last || budget.IsSpent)
                {
                    return (came, reply.Envelopes.Last);
                }
            }
        }
        finally
        {
            // What has come is counted, whatever ended the stream.
            await taking.ConfigureAwait(false);
        }

        throw SyncMessages.Malformed("More batches came than ids were asked for.");
    }

    private async Task TakeAsync(IReadOnlyList<ReadOnlyMemory<byte>> envelopes, SyncWanted wanted, CancellationToken cancellationToken)
    {
        if (envelopes.Count == 0)
        {
            return;
        }

        if (!budget.TryTake(envelopes.Sum(envelope => (long)envelope.Length)))
        {
            _run = _run with { Deferred = _run.Deferred + envelopes.Count };
            return;
        }

        var result = await intake.TakeAsync(envelopes, shard, partner.PeerId, wanted, cancellationToken).ConfigureAwait(false);
        partner.Brought(result.Kept - result.Duplicates);
        _run = _run with
        {
            Pulled = _run.Pulled + result.Kept,
            Duplicates = _run.Duplicates + result.Duplicates,
            Refused = _run.Refused + result.Refused,
            Deferred = _run.Deferred + result.Deferred,
        };
    }

    private async Task GiveAsync(ISyncSession session, byte[] haves, CancellationToken cancellationToken)
    {
        for (var at = 0; at < haves.Length; at += SyncLimits.MaxIdBytes)
        {
            var offered = haves.AsMemory(at, Math.Min(SyncLimits.MaxIdBytes, haves.Length - at));
            var request = new SyncRequest { Offer = new SyncIds { Ids = UnsafeByteOperations.UnsafeWrap(offered) } };
            var reply = await AskAsync(request, SyncReply.WhatOneofCase.Wanted, cancellationToken).ConfigureAwait(false);
            var wanted = SyncMessages.Read(reply.Wanted, mayBeNone: true);
            if (wanted.Length > offered.Length)
            {
                throw SyncMessages.Malformed("More was wanted than was offered.");
            }

            _run = _run with { Unwanted = _run.Unwanted + ((offered.Length - wanted.Length) / Bytes32.Length) };
            if (wanted.Length > 0)
            {
                await cluster.CallAsync(() => session.LocateAsync(wanted), cancellationToken).ConfigureAwait(false);
                await GiveLocatedAsync(session, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task GiveLocatedAsync(ISyncSession session, CancellationToken cancellationToken)
    {
        while (await cluster.CallAsync(session.ReadAsync, cancellationToken).ConfigureAwait(false) is { Count: > 0 } batch)
        {
            var request = new SyncRequest { Envelopes = SyncMessages.Of(batch, isLast: false) };
            var kept = (await AskAsync(request, SyncReply.WhatOneofCase.Kept, cancellationToken).ConfigureAwait(false)).Kept;
            if ((ulong)kept.Kept + kept.Refused + kept.Deferred > (ulong)batch.Count)
            {
                throw SyncMessages.Malformed("More was kept than was given.");
            }

            _run = _run with { Given = _run.Given + kept.Kept, Deferred = _run.Deferred + kept.Deferred };
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

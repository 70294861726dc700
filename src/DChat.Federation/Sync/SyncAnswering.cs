using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Libp2p;
using Google.Protobuf;

namespace DChat.Federation.Sync;

/// <summary>The side of a stream that answers.</summary>
/// <param name="cluster">The shards.</param>
/// <param name="intake">Takes what a partner brings.</param>
/// <param name="partner">The partner; null when the peer is none.</param>
/// <param name="frames">The stream.</param>
internal sealed class SyncAnswering(SyncCluster cluster, SyncIntake intake, SyncPartner? partner, SyncFrames frames)
{
    private SyncWanted _wanted = new();
    private ISyncSession? _session;
    private ShardId _shard;

    /// <summary>Answers until the peer ends, or asks what it may not.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (var requests = 0; await frames.ReadAsync(SyncRequest.Parser, cancellationToken).ConfigureAwait(false) is { } request; requests++)
            {
                if (requests == SyncLimits.MaxRequests || HasHadEnough)
                {
                    await FailAsync(SyncStatus.Busy, cancellationToken).ConfigureAwait(false);
                    return;
                }

                if (!await TryAnswerAsync(request, cancellationToken).ConfigureAwait(false))
                {
                    return;
                }
            }
        }
        finally
        {
            if (_session is { } session)
            {
                session.CloseAsync().Ignore();
            }
        }
    }

    private bool HasHadEnough => partner is null && frames.Sent > SyncLimits.MaxBytesToStranger;

    private async Task<bool> TryAnswerAsync(SyncRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await AnswerAsync(request, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (DChatException failure)
        {
            if (failure.IsTransient)
            {
                await FailAsync(failure.Code == "overloaded" ? SyncStatus.Busy : SyncStatus.Unavailable, cancellationToken).ConfigureAwait(false);
                return false;
            }

            await FailAsync(SyncStatus.Malformed, cancellationToken).ConfigureAwait(false);
            throw SyncMessages.Malformed(failure.Message);
        }
        catch (Libp2pException failure) when (failure.Code == Libp2pErrorCodes.Malformed)
        {
            await FailAsync(SyncStatus.Malformed, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    private async Task AnswerAsync(SyncRequest request, CancellationToken cancellationToken)
    {
        if (request.WhatCase == SyncRequest.WhatOneofCase.Open)
        {
            await OpenAsync(request.Open, cancellationToken).ConfigureAwait(false);
            return;
        }

        var session = _session ?? throw SyncMessages.Malformed("The first request has to be `open`.");
        switch (request.WhatCase)
        {
            case SyncRequest.WhatOneofCase.Symbols:
                var (start, count) = (request.Symbols.Start, request.Symbols.Count);
                if (start > int.MaxValue || count is < 1 or > ISyncSession.MaxSymbols)
                {
                    throw SyncMessages.Malformed($"{count} symbols from {start} on cannot be asked for.");
                }

                var symbols = await cluster.CallAsync(() => session.ProduceAsync((int)start, (int)count), cancellationToken).ConfigureAwait(false);
                await frames.WriteAsync(new SyncReply { Symbols = UnsafeByteOperations.UnsafeWrap(symbols) }, cancellationToken).ConfigureAwait(false);
                break;
            case SyncRequest.WhatOneofCase.Negentropy:
                var message = request.Negentropy.ToByteArray();
                var answer = await cluster.CallAsync(() => session.AnswerAsync(message), cancellationToken).ConfigureAwait(false);
                await frames.WriteAsync(new SyncReply { Negentropy = UnsafeByteOperations.UnsafeWrap(answer) }, cancellationToken).ConfigureAwait(false);
                break;
            case SyncRequest.WhatOneofCase.Fetch:
                await SendAsync(session, SyncMessages.Read(request.Fetch), cancellationToken).ConfigureAwait(false);
                break;
            case SyncRequest.WhatOneofCase.Offer:
                await frames.WriteAsync(new SyncReply { Wanted = Want(SyncMessages.Read(request.Offer)) }, cancellationToken).ConfigureAwait(false);
                break;
            case SyncRequest.WhatOneofCase.Envelopes:
                await frames.WriteAsync(
                    new SyncReply { Kept = await TakeAsync(request.Envelopes, cancellationToken).ConfigureAwait(false) }, cancellationToken).ConfigureAwait(false);
                break;
            default:
                throw SyncMessages.Malformed("The request asks for nothing.");
        }
    }

    private async Task OpenAsync(SyncOpen open, CancellationToken cancellationToken)
    {
        if (_session is not null || open.To < open.From)
        {
            throw SyncMessages.Malformed(_session is null ? "The range ends before it begins." : "The stream is open already.");
        }

        var theirs = SyncMessages.Read(open.Ours);
        if (open.Network != cluster.Network.Network || open.ShardBits != cluster.Network.ShardBits || open.Shard >= cluster.Network.ShardCount)
        {
            await FailAsync(SyncStatus.WrongNetwork, cancellationToken).ConfigureAwait(false);
            return;
        }

        _shard = new ShardId((ushort)open.Shard);
        var range = new SyncRange(open.From, open.To, theirs.Floors);
        var opening = await cluster.OpenAsync(_shard, range, theirs, isStranger: partner is null, cancellationToken).ConfigureAwait(false);
        _session = opening.Session;
        await frames.WriteAsync(new SyncReply { Opened = new SyncOpened { Theirs = SyncMessages.Of(opening.Ours) } }, cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync(ISyncSession session, byte[] ids, CancellationToken cancellationToken)
    {
        await cluster.CallAsync(() => session.LocateAsync(ids), cancellationToken).ConfigureAwait(false);
        while (true)
        {
            if (HasHadEnough)
            {
                throw new DChatException("overloaded", "The peer has been sent what a stranger may have.", isTransient: true);
            }

            var batch = await cluster.CallAsync(session.ReadAsync, cancellationToken).ConfigureAwait(false);
            await frames.WriteAsync(new SyncReply { Envelopes = SyncMessages.Of(batch, isLast: batch.Count == 0) }, cancellationToken).ConfigureAwait(false);
            if (batch.Count == 0)
            {
                return;
            }
        }
    }

    /// <summary>
    /// What of an offer we want: all of it, from a partner that has something left of its budget. While we run with the partner ourselves we pull what
    /// we lack, and would get it twice.
    /// </summary>
    private SyncIds Want(byte[] ids)
    {
        _wanted = new SyncWanted();
        if (partner is not { MayBring: true, Description.IsRunning: false })
        {
            return new SyncIds();
        }

        _wanted = SyncWanted.Of(ids);
        return new SyncIds { Ids = UnsafeByteOperations.UnsafeWrap(ids) };
    }

    private async Task<SyncKept> TakeAsync(SyncEnvelopes request, CancellationToken cancellationToken)
    {
        var envelopes = SyncMessages.Read(request);
        if (partner is null || envelopes.Count == 0)
        {
            throw SyncMessages.Malformed("Envelopes were sent that nobody wanted.");
        }

        if (!partner.TryBring(envelopes.Sum(envelope => (long)envelope.Length)))
        {
            return new SyncKept { Deferred = (uint)envelopes.Count };
        }

        var result = await intake.TakeAsync(envelopes, _shard, partner.PeerId, _wanted, cancellationToken).ConfigureAwait(false);
        partner.Brought(result.Kept - result.Duplicates);
        return new SyncKept { Kept = (uint)result.Kept, Refused = (uint)result.Refused, Deferred = (uint)result.Deferred };
    }

    private Task FailAsync(SyncStatus status, CancellationToken cancellationToken) =>
        frames.WriteAsync(new SyncReply { Failed = status }, cancellationToken);
}

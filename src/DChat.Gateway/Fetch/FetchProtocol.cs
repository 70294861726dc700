using DChat.Abstractions.Flow;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Protocol;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Gateway.Admission;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;
using Google.Protobuf;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Fetch;

/// <summary>Serves <c>/dchat/fetch/1</c> (<c>Protocol/fetch.proto</c>): one request at a time on each stream.</summary>
internal sealed class FetchProtocol(IGrainFactory grains, IOptions<NetworkOptions> network, TimeProvider time)
{
    /// <summary>The protocol id.</summary>
    public const string Id = ProtocolIds.Fetch;

    private readonly ByteBudget _slots = new(FetchLimits.MaxConcurrent, FetchLimits.MaxPerNetwork);
    private readonly ByteBudget _peers = new(long.MaxValue, FetchLimits.MaxPerPeer);

    /// <summary>Serves one stream.</summary>
    public async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        while (await ReadAsync(stream, cancellationToken).ConfigureAwait(false) is { } frame)
        {
            FrameWriter.Write(stream.Output, await AnswerAsync(frame, stream.Connection, cancellationToken).ConfigureAwait(false));
            await FrameWriter.FlushAsync(stream.Output, FetchLimits.ReplyTimeout, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<byte[]?> ReadAsync(Libp2pStream stream, CancellationToken cancellationToken) =>
        PeerPatience.WaitAsync(
            LengthPrefixed.ReadAsync(stream.Input, FetchLimits.MaxRequestBytes, cancellationToken).AsTask(),
            FetchLimits.IdleTimeout,
            "ask for anything",
            time,
            cancellationToken);

    private async Task<FetchReply> AnswerAsync(byte[] frame, PeerConnection connection, CancellationToken cancellationToken)
    {
        var reply = TryRead(frame) is { } ask
            ? await FetchInTurnAsync(ask, connection, cancellationToken).ConfigureAwait(false)
            : new FetchReply { Status = FetchStatus.Malformed };
        GatewayInstruments.FetchAnswered(NameOf(reply.Status), reply.Messages.Count);
        return reply;
    }

    private Ask? TryRead(byte[] frame)
    {
        FetchRequest request;
        try
        {
            request = FetchRequest.Parser.ParseFrom(frame);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }

        LogPosition? after = null;
        if (request.After is { } cursor)
        {
            if (cursor.Log.Length != LogId.Length)
            {
                return null;
            }

            after = new LogPosition(new LogId(new Guid(cursor.Log.Span, bigEndian: true)), cursor.Sequence);
        }

        if (request.MaxCount is < 1 or > EnvelopeBatch.MaxCount)
        {
            return null;
        }

        return request.WhatCase switch
        {
            FetchRequest.WhatOneofCase.TopicTag when request.TopicTag.Length == TopicTag.Length =>
                Ask.ForTopic(new TopicTag(request.TopicTag.Span), network.Value.ShardBits, after, (int)request.MaxCount),
            FetchRequest.WhatOneofCase.Shard when request.Shard < network.Value.ShardCount =>
                new Ask(new ShardId((ushort)request.Shard), null, after, (int)request.MaxCount),
            _ => null,
        };
    }

    private async Task<FetchReply> FetchInTurnAsync(Ask ask, PeerConnection connection, CancellationToken cancellationToken)
    {
        // Both places are given back before the reply is sent. Otherwise peers that read slowly would use up all of them.
        var peer = NetworkPrefix.Named(connection.RemotePeer.ToString());
        var prefix = PeerSources.PrefixOf(connection.RemoteAddress);
        await _peers.AcquireAsync(1, cancellationToken, peer).ConfigureAwait(false);
        try
        {
            await _slots.AcquireAsync(1, cancellationToken, prefix).ConfigureAwait(false);
            try
            {
                return await FetchAsync(ask, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _slots.Release(1, prefix);
            }
        }
        finally
        {
            _peers.Release(1, peer);
        }
    }

    private async Task<FetchReply> FetchAsync(Ask ask, CancellationToken cancellationToken)
    {
        var shard = grains.GetGrain<ISyncShardGrain>(GrainKeys.Shard(network.Value.Network, ask.Shard));
        try
        {
            var call = ask.Topic is { } topic
                ? shard.FetchAsync(topic, ask.After, ask.MaxCount)
                : shard.ReadAsync(ask.After ?? default, ask.MaxCount);
            return ToReply(await call.WaitAsync(FetchLimits.CallTimeout, time, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested
            && (GrainFaults.MayPass(failure) || failure is DChatException { IsTransient: true }))
        {
            return new FetchReply { Status = FetchStatus.Unavailable };
        }
    }

    private static FetchReply ToReply(ReadReply read)
    {
        var reply = new FetchReply
        {
            Status = read.Status == ReadStatus.Ok ? FetchStatus.Ok : FetchStatus.CursorGap,
            Head = new Cursor
            {
                Log = UnsafeByteOperations.UnsafeWrap(read.Head.Log.Value.ToByteArray(bigEndian: true)),
                Sequence = read.Head.Sequence,
            },
        };
        reply.Holes.AddRange(read.Holes);
        var index = 0;
        foreach (var envelope in read.Envelopes.Envelopes)
        {
            reply.Messages.Add(new FetchedEnvelope
            {
                Sequence = read.Sequences[index],
                TopicSequence = read.TopicSequences[index],
                Envelope = UnsafeByteOperations.UnsafeWrap(envelope),
            });
            index++;
        }

        return reply;
    }

    private static string NameOf(FetchStatus status) => status switch
    {
        FetchStatus.Ok => "ok",
        FetchStatus.CursorGap => "cursor-gap",
        FetchStatus.Malformed => "malformed",
        _ => "unavailable",
    };

    private sealed record Ask(ShardId Shard, TopicTag? Topic, LogPosition? After, int MaxCount)
    {
        public static Ask ForTopic(TopicTag topic, int shardBits, LogPosition? after, int maxCount) =>
            new(topic.ShardOf(shardBits), topic, after, maxCount);
    }
}

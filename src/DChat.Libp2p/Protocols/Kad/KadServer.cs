using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Kad.Routing;
using DChat.Libp2p.Protocols.Kad.Storage;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>Serves requests of peers, several on a stream if they like. What is wrong resets the stream.</summary>
internal sealed class KadServer(
    ILibp2pHost host, KademliaOptions options, KadTable table, PeerNetworks networks, RecordStore records, ProviderStore providers, KadCounters counters, ILogger logger)
{
    /// <summary>The longest request taken, in bytes.</summary>
    internal const int MaxRequest = 32 * 1024;

    /// <summary>Time that a stream may be silent between requests, and that an answer may take to be sent, as in js.</summary>
    internal static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(10);

    internal static readonly ProtocolLimits Limits = new(MaxInbound: 32, MaxOutbound: 64);

    /// <summary>Whom counts to what comes from within this process.</summary>
    private const string Local = "local";

    private readonly SteadyClock _clock = SteadyClock.Of(host.Time);

    private readonly RequestRates<PeerId> _peers =
        new(options.Limits.RequestsPerSecondPerPeer, options.Limits.RequestsPerSecondPerPeer * options.Limits.BurstSeconds);

    private readonly RequestRates<string> _networks =
        new(options.Limits.RequestsPerSecondPerNetwork, options.Limits.RequestsPerSecondPerNetwork * options.Limits.BurstSeconds);

    internal async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var timeout = new CancellationTokenSource(IdleTimeout, host.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            if (await ReadAsync(stream, either.Token).ConfigureAwait(false) is not { } bytes)
            {
                return;
            }

            var share = networks.ShareOf(stream.Connection.RemoteAddress);
            CheckRate(stream.RemotePeer, share);
            if (!KadMessageReader.TryRead(bytes, out var request))
            {
                throw Refuse(stream.RemotePeer, KadRefusal.Malformed);
            }

            var answer = Answer(stream, request, share ?? Local);
            counters.CountServed(request.Type);
            if (answer is not null)
            {
                KadMessageWriter.Write(stream.Output, answer);
                await stream.Output.FlushAsync(either.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task<byte[]?> ReadAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        try
        {
            return await LengthPrefixed.ReadAsync(stream.Input, MaxRequest, cancellationToken).ConfigureAwait(false);
        }
        catch (Libp2pException e) when (e.Code is Libp2pErrorCodes.Malformed or Libp2pErrorCodes.LimitReached)
        {
            throw Refuse(stream.RemotePeer, KadRefusal.Malformed);
        }
    }

    private void CheckRate(PeerId peer, string? share)
    {
        var now = table.Now;
        if (!_peers.TryTake(peer, now))
        {
            throw Refuse(peer, KadRefusal.PeerRate);
        }

        if (share is not null && !_networks.TryTake(share, now))
        {
            throw Refuse(peer, KadRefusal.NetworkRate);
        }
    }

    private KadMessage? Answer(Libp2pStream stream, KadMessage request, string share)
    {
        var needsKey = request.Type != KadMessageType.Ping;
        if (needsKey && request.Key.IsEmpty)
        {
            throw Refuse(stream.RemotePeer, KadRefusal.Malformed);
        }

        var answer = new KadMessage(request.Type) { Key = request.Key };
        switch (request.Type)
        {
            case KadMessageType.FindNode:
                return answer with { CloserPeers = FindNode(stream, request) };
            case KadMessageType.GetValue:
                return answer with { Record = records.Get(request.Key, _clock.UtcNow), CloserPeers = Closer(stream, request) };
            case KadMessageType.GetProviders:
                return answer with { ProviderPeers = Providers(stream, request), CloserPeers = Closer(stream, request) };
            case KadMessageType.PutValue:
                Put(stream.RemotePeer, request, share);
                return answer with { Record = request.Record };
            case KadMessageType.AddProvider:
                Add(stream, request, share);
                return null;
            default:
                return answer;
        }
    }

    private IReadOnlyList<KadPeer> Closer(Libp2pStream stream, KadMessage request) =>
        table.Tell(KadId.Of(request.Key.Span), stream.RemotePeer, stream.Connection.RemoteAddress);

    /// <summary>The closest peers, and the peer itself that is looked for if it is connected: it may not serve.</summary>
    private IReadOnlyList<KadPeer> FindNode(Libp2pStream stream, KadMessage request)
    {
        var closer = Closer(stream, request);
        if (!PeerId.TryFromBytes(request.Key.Span, out var wanted) || wanted.Equals(stream.RemotePeer) || closer.Any(p => p.Id.Equals(wanted))
            || host.ConnectionsTo(wanted).Count == 0)
        {
            return closer;
        }

        var found = table.Describe(wanted, stream.Connection.RemoteAddress);
        return found.Addresses.Count == 0 ? closer : [found, .. closer.Take(options.BucketSize - 1)];
    }

    private IReadOnlyList<KadPeer> Providers(Libp2pStream stream, KadMessage request)
    {
        var remote = stream.Connection.RemoteAddress;
        var known = providers.Get(request.Key.Span, _clock.UtcNow)
            .Select(p => new KadPeer(p.Id, [.. KadAddresses.Between(p.Addresses, remote).Take(KadAddresses.MaxTold)]));
        return [.. known.Where(p => p.Addresses.Count > 0).Take(options.BucketSize)];
    }

    private void Put(PeerId peer, KadMessage request, string share)
    {
        if (request.Record is not { } record || !record.Key.Span.SequenceEqual(request.Key.Span))
        {
            throw Refuse(peer, KadRefusal.Malformed);
        }

        KadRefusal? refusal = records.Put(record.Key, record.Value, share, _clock.UtcNow, host.Time.GetUtcNow()) switch
        {
            PutOutcome.UnknownNamespace => KadRefusal.UnknownNamespace,
            PutOutcome.Invalid => KadRefusal.InvalidRecord,
            PutOutcome.Stale => KadRefusal.StaleRecord,
            PutOutcome.Full => KadRefusal.Full,
            _ => null,
        };
        if (refusal is { } reason)
        {
            throw Refuse(peer, reason);
        }
    }

    private void Add(Libp2pStream stream, KadMessage request, string share)
    {
        // js and go take nothing but a multihash.
        if (!Multihash.TryDecode(request.Key.Span, out _, out _))
        {
            throw Refuse(stream.RemotePeer, KadRefusal.Malformed);
        }

        var own = request.ProviderPeers.FirstOrDefault(p => p.Id.Equals(stream.RemotePeer))
            ?? throw Refuse(stream.RemotePeer, KadRefusal.ForeignProvider);
        var told = own with { Addresses = [.. KadAddresses.Between(own.Addresses, stream.Connection.RemoteAddress).Take(KadAddresses.MaxTold)] };
        var provider = told.Addresses.Count > 0 ? told : table.Describe(own.Id, stream.Connection.RemoteAddress);
        if (!providers.Add(request.Key.Span, provider, share, _clock.UtcNow))
        {
            throw Refuse(stream.RemotePeer, KadRefusal.Full);
        }
    }

    private Libp2pException Refuse(PeerId peer, KadRefusal reason)
    {
        counters.Count(reason);
        logger.RequestRefused(peer, reason.ToString());
        return new Libp2pException(Libp2pErrorCodes.ProtocolViolation, $"The request was refused: {reason}.");
    }
}

using DChat.Abstractions.Flow;
using DChat.Core.Admission;
using DChat.Core.Protocol;
using DChat.Core.Wire;
using DChat.Libp2p.Streams;

namespace DChat.Federation.Sync;

/// <summary>
/// Serves <c>/dchat/sync/1</c> (<c>Protocol/sync.proto</c>). Whoever asks is told what a shard has; only a partner may bring messages. Partners
/// have places of their own, so that strangers do not keep them out.
/// </summary>
internal sealed class SyncProtocol(SyncCluster cluster, SyncIntake intake, SyncPartners partners, TimeProvider time)
{
    /// <summary>The protocol id.</summary>
    public const string Id = ProtocolIds.Sync;

    private readonly ByteBudget _places = new(SyncLimits.MaxStrangers, SyncLimits.MaxPerNetwork);
    private long _served;

    /// <summary>How many streams it has served.</summary>
    public long Served => Interlocked.Read(ref _served);

    /// <summary>Serves one stream.</summary>
    public async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _served);
        if (partners.Find(stream.RemotePeer) is { } partner)
        {
            await AnswerAsync(stream, partner, cancellationToken).ConfigureAwait(false);
            return;
        }

        var network = PeerNetwork.Of(stream.Connection);
        if (!await TryTakePlaceAsync(network, cancellationToken).ConfigureAwait(false))
        {
            var frames = new SyncFrames(stream, time);
            await frames.WriteAsync(new SyncReply { Failed = SyncStatus.Busy }, cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            using var patience = new CancellationTokenSource(SyncLimits.StrangerTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
            await AnswerAsync(stream, partner: null, either.Token).ConfigureAwait(false);
        }
        finally
        {
            _places.Release(1, network);
        }
    }

    private Task AnswerAsync(Libp2pStream stream, SyncPartner? partner, CancellationToken cancellationToken) =>
        new SyncAnswering(cluster, intake, partner, new SyncFrames(stream, time)).RunAsync(cancellationToken);

    private async Task<bool> TryTakePlaceAsync(NetworkPrefix network, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(SyncLimits.TurnTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await _places.AcquireAsync(1, either.Token, network).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}

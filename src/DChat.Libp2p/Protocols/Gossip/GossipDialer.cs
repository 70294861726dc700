using System.Security.Cryptography;
using System.Threading.Channels;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>
/// Connects to peers that others have told of by signed records: so many at once, each after a random pause, so that a crowd
/// that was pruned together does not run to one peer.
/// </summary>
internal sealed class GossipDialer(ILibp2pHost host, GossipsubLimits limits, TimeProvider time, ILogger logger)
{
    /// <summary>The longest pause before a dial.</summary>
    internal static readonly TimeSpan MaxJitter = TimeSpan.FromSeconds(1);

    /// <summary>Time that one dial has.</summary>
    internal static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(30);

    private const int JitterSteps = 1000;

    private readonly Channel<(ReadOnlyMemory<byte> Record, PeerConnection? Teller)> _records =
        Channel.CreateBounded<(ReadOnlyMemory<byte>, PeerConnection?)>(limits.MaxPendingIntroductions);

    private int _waiting;

    /// <summary>Peers that wait for their turn or for the end of their pause.</summary>
    internal int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Has a peer dialed by its record; false when too many wait.</summary>
    internal bool TryAdd(ReadOnlyMemory<byte> record, PeerConnection? teller)
    {
        Interlocked.Increment(ref _waiting);
        if (_records.Writer.TryWrite((record, teller)))
        {
            return true;
        }

        Interlocked.Decrement(ref _waiting);
        return false;
    }

    /// <summary>One of <see cref="GossipsubLimits.MaxIntroductions"/> workers.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var (record, teller) in _records.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                await Task.Delay(MaxJitter * (RandomNumberGenerator.GetInt32(JitterSteps) / (double)JitterSteps), time, cancellationToken).ConfigureAwait(false);
                Interlocked.Decrement(ref _waiting);
                await FollowAsync(record, teller, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Gossipsub stops.
        }
    }

    /// <summary>Dials whom a record introduces, unless that one is connected. Whatever fails, the next record has its turn.</summary>
    private async Task FollowAsync(ReadOnlyMemory<byte> record, PeerConnection? teller, CancellationToken cancellationToken)
    {
        try
        {
            if (PeerRecord.TryOpen(record.Span, out var opened)
                && !opened.Peer.Equals(host.LocalPeer)
                && host.ConnectionsTo(opened.Peer).Count == 0
                && host.Peers.TryAddRecord(record.Span, out _, teller))
            {
                await TryConnectAsync(opened.Peer, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            logger.IntroductionFailed(e);
        }
    }

    /// <summary>Connects to a peer at the addresses that are known of it, if it can be reached.</summary>
    internal async Task TryConnectAsync(PeerId peer, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(DialTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await host.ConnectAsync(peer, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is Libp2pException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            logger.DialFailed(peer, e.Message);
        }
    }
}

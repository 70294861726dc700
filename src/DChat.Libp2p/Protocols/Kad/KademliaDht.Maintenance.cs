using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Kad.Routing;
using DChat.Libp2p.Protocols.Kad.Wire;

namespace DChat.Libp2p.Protocols.Kad;

/// <content>Filling the table, and keeping it filled.</content>
public sealed partial class KademliaDht
{
    /// <summary>Buckets that get a lookup of their own at a refresh; a key for a deeper one takes too long to find, and lookups of the own id fill it.</summary>
    internal const int MaxRefreshedBuckets = 16;

    /// <summary>Peers of the table that are noted in the peer store at a refresh, to begin with when the table is empty.</summary>
    internal const int MaxKept = 20;

    /// <summary>What they are tagged with there.</summary>
    internal const string KeptTag = "kad-kept";

    /// <summary>Time between looks at what is due.</summary>
    internal static readonly TimeSpan MaintenanceInterval = TimeSpan.FromMinutes(1);

    /// <summary>Time to the second attempt at the bootstrap peers; each time twice as much, up to <see cref="MaxBootstrapDelay"/>.</summary>
    internal static readonly TimeSpan MinBootstrapDelay = TimeSpan.FromSeconds(2);

    /// <summary>The most time between attempts at the bootstrap peers.</summary>
    internal static readonly TimeSpan MaxBootstrapDelay = TimeSpan.FromMinutes(5);

    /// <summary>Peers asked at once whether they serve.</summary>
    private const int Probers = 4;

    /// <summary>Peers that wait to be asked; further ones are asked when they identify again.</summary>
    private const int MaxCandidates = 256;

    private readonly Channel<PeerId> _candidates = Channel.CreateUnbounded<PeerId>();

    /// <summary>Those that wait, so that one who identifies over and over waits once.</summary>
    private readonly ConcurrentDictionary<PeerId, bool> _waiting = new();

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A peer says it serves: it is asked, if it could have a place.</summary>
    private void Consider(PeerId peer)
    {
        if (_table.Wants(peer) && _host.Peers.Find(peer) is { Protocols: { } protocols } && protocols.Contains(Protocol))
        {
            Probe(peer);
        }
    }

    private void Probe(PeerId peer)
    {
        if (_waiting.Count < MaxCandidates && _waiting.TryAdd(peer, true))
        {
            _candidates.Writer.TryWrite(peer);
        }
    }

    private void Wake() => Volatile.Read(ref _wake).TrySetResult();

    /// <summary>Asks candidates for what they know about this host, which shows that they serve and fills the nearest buckets.</summary>
    private async Task ProbeAsync()
    {
        try
        {
            await foreach (var peer in _candidates.Reader.ReadAllAsync(_stopping.Token).ConfigureAwait(false))
            {
                _waiting.TryRemove(peer, out _);
                await ProbeAsync(peer).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Kademlia stops.
        }
    }

    private async Task ProbeAsync(PeerId peer)
    {
        try
        {
            var request = new KadMessage(KadMessageType.FindNode) { Key = _host.LocalPeer.ToBytes() };
            if (await _client.AskAsync(peer, request, _stopping.Token).ConfigureAwait(false) is not null)
            {
                _table.Answered(peer);
                return;
            }
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested)
        {
            // Code of the application, say: it costs this peer's place, not those who are asked after it.
            _logger.LookupFailed(e, peer);
        }

        _table.Failed(peer);
    }

    private async Task MaintainAsync()
    {
        var (bootstrapDelay, refreshDue, sweepDue) = (MinBootstrapDelay, TimeSpan.Zero, TimeSpan.Zero);
        while (!_stopping.IsCancellationRequested)
        {
            var isEmpty = true;
            try
            {
                if (_options.Mode == KademliaMode.Auto && _host.Addresses.Confirmed.Any(a => AddressClasses.Of(a) == AddressClass.Public))
                {
                    SetServing(true);
                }

                Volatile.Write(ref _wake, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                if (_table.Count == 0)
                {
                    await BootstrapAsync().ConfigureAwait(false);
                }

                // Asked once: the pause of a round that found nobody ends when the first peer comes, though it came before the pause.
                isEmpty = _table.Count == 0;
                if (!isEmpty && _table.Now >= refreshDue)
                {
                    refreshDue = _table.Now + _options.RefreshInterval;
                    await RefreshAsync(_stopping.Token).ConfigureAwait(false);
                    await KeepAsync().ConfigureAwait(false);
                    _ready.TrySetResult();
                }

                if (_table.Now >= sweepDue)
                {
                    sweepDue = _table.Now + MaintenanceInterval;
                    _records.Sweep(_clock.UtcNow);
                    _providers.Sweep(_clock.UtcNow);
                }

                await RepublishAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (!_stopping.IsCancellationRequested)
            {
                _logger.MaintenanceFailed(e);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await PauseAsync(isEmpty ? bootstrapDelay : MaintenanceInterval, wake: isEmpty).ConfigureAwait(false);
            bootstrapDelay = isEmpty ? TimeSpan.FromTicks(Math.Min(2 * bootstrapDelay.Ticks, MaxBootstrapDelay.Ticks)) : MinBootstrapDelay;
        }
    }

    /// <summary>Waits, or shorter when the table gets its first peer.</summary>
    private async Task PauseAsync(TimeSpan delay, bool wake)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var pause = Task.Delay(delay, _host.Time, stop.Token);
        await Task.WhenAny(wake ? [pause, Volatile.Read(ref _wake).Task] : [pause]).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Asks the bootstrap peers and those of the table that the peer store has kept, perhaps from the last run.</summary>
    private async Task BootstrapAsync()
    {
        foreach (var address in _options.Bootstrap)
        {
            _host.Peers.Vouch(address.Peer!, [address.WithoutPeer()]);
        }

        var peers = _options.Bootstrap.Select(a => a.Peer!).Concat(Kept().Take(MaxKept)).Distinct().Where(p => !p.Equals(_host.LocalPeer));
        foreach (var batch in peers.Chunk(_options.Concurrency))
        {
            await Task.WhenAll(batch.Select(ProbeAsync)).ConfigureAwait(false);
        }
    }

    /// <summary>Looks for this host's own id, and for a random key of each bucket that may have peers (kad-dht/README.md, "Bootstrap process").</summary>
    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await GetClosestPeersAsync(_host.LocalPeer.ToBytes(), cancellationToken).ConfigureAwait(false);
        for (var bucket = 0; bucket <= Math.Min(_table.DeepestBucket, MaxRefreshedBuckets - 1); bucket++)
        {
            await GetClosestPeersAsync(RandomKey(bucket), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A random key that shares exactly so many leading bits with this host: the id of a peer that does not exist.</summary>
    private byte[] RandomKey(int bucket)
    {
        var self = KadId.Of(_host.LocalPeer);
        while (true)
        {
            var key = Multihash.Encode(Multihash.Sha256Code, RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes));
            if (self.CommonPrefix(KadId.Of(key)) == bucket)
            {
                return key;
            }
        }
    }

    private IEnumerable<PeerId> Kept() => _host.Peers.All.Where(p => p.Tags.Contains(KeptTag)).OrderByDescending(p => p.UpdatedAt).Select(p => p.Peer);

    /// <summary>Notes the peers of the table that answered last in the peer store, which keeps them over a restart if it has a file.</summary>
    private async Task KeepAsync()
    {
        // An empty table is no reason to forget whom the last one had.
        HashSet<PeerId> kept = [.. _table.Snapshot().Where(p => p.Failures == 0).OrderBy(p => p.SinceAnswer).Take(MaxKept).Select(p => p.Peer)];
        if (kept.Count == 0)
        {
            return;
        }

        foreach (var peer in Kept().Where(p => !kept.Contains(p)).ToArray())
        {
            _host.Peers.Untag(peer, KeptTag);
        }

        foreach (var peer in kept.Where(p => _host.Peers.Tag(p, KeptTag)))
        {
            _host.Peers.MarkGood(peer);
        }

        await _host.Peers.SaveAsync().ConfigureAwait(false);
    }
}

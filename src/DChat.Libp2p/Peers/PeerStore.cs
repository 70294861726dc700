using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Peers;

/// <summary>
/// The <see cref="IPeerStore"/> of a host, in memory. What is known about a peer is one immutable <see cref="PeerInfo"/>, made outside
/// the lock and put in place if the one it was made from is still there.
/// </summary>
public sealed class PeerStore : IPeerStore
{
    /// <summary>Addresses kept of one peer.</summary>
    public const int MaxAddressesPerPeer = 40;

    /// <summary>The longest signed record that is kept, in bytes: what an identify message of any implementation can carry.</summary>
    public const int MaxSignedRecordLength = 4096;

    /// <summary>Tags kept of one peer.</summary>
    public const int MaxTags = 8;

    /// <summary>The longest tag, in characters.</summary>
    public const int MaxTagLength = 64;

    private readonly Lock _gate = new();
    private readonly PeerTiers _tiers;
    private readonly PeerStoreLimits _limits;
    private readonly IPeerFilter _filter;
    private readonly TimeProvider _time;
    private readonly SteadyClock _clock;

    /// <summary>An empty store. A host makes its own.</summary>
    /// <param name="limits">How many peers are remembered; the defaults when null. Its file is the host's business.</param>
    /// <param name="maxConnected">Peers that are remembered because they are connected, at least 1.</param>
    /// <param name="filter">Which peers and addresses are kept; all when null.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <exception cref="ArgumentException">A limit is out of range.</exception>
    public PeerStore(PeerStoreLimits? limits = null, int maxConnected = 1024, IPeerFilter? filter = null, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConnected, 1);
        _limits = limits ?? new PeerStoreLimits();
        if (_limits.Validate().ToList() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(limits));
        }

        _tiers = new PeerTiers(_limits, maxConnected);
        _filter = filter ?? new EveryPeer();
        _time = time ?? TimeProvider.System;
        _clock = SteadyClock.Of(_time);
    }

    /// <inheritdoc/>
    public IReadOnlyList<PeerInfo> All { get { lock (_gate) { return [.. _tiers.All.Select(e => e.Info)]; } } }

    /// <summary>Writes the file; null when there is none.</summary>
    internal Func<Task>? Saver { get; init; }

    /// <summary>Entries looked at to make room: what a test counts.</summary>
    internal long Visited { get { lock (_gate) { return _tiers.Visited; } } }

    /// <inheritdoc/>
    public PeerInfo? Find(PeerId peer)
    {
        PeerInfo info;
        lock (_gate)
        {
            if (_tiers.Find(peer) is not { } entry)
            {
                return null;
            }

            info = entry.Info;
            if (entry.Connections > 0)
            {
                return info;
            }
        }

        var now = _time.GetUtcNow();
        return info.NextExpiry <= now ? info with { Sources = [.. info.Sources.Where(a => !(a.ExpiresAt <= now))] } : info;
    }

    /// <inheritdoc/>
    public PeerTier? TierOf(PeerId peer) { lock (_gate) { return _tiers.Find(peer)?.Tier; } }

    /// <inheritdoc/>
    public void Vouch(PeerId peer, IEnumerable<Multiaddr> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        var vouched = addresses.ToArray();
        Update(
            peer,
            info => info with { Sources = PeerAddresses.Add(info.Sources, vouched, AddressSource.Vouched, AddressClass.Loopback, _time.GetUtcNow()) },
            entry => entry.IsVouched = true);
    }

    /// <inheritdoc/>
    public bool TryAddCandidate(PeerId peer, IReadOnlyList<Multiaddr> addresses, PeerConnection? teller = null)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        if (!_filter.AcceptCandidate(peer, addresses))
        {
            return false;
        }

        var from = ClassOf(teller);
        Update(peer, info => info with { Sources = PeerAddresses.Add(info.Sources, addresses, AddressSource.Told, from, _time.GetUtcNow()) });
        return true;
    }

    /// <inheritdoc/>
    public bool TryAddRecord(ReadOnlySpan<byte> signedRecord, [NotNullWhen(true)] out PeerInfo? info, PeerConnection? teller = null)
    {
        info = null;
        if (!PeerRecord.TryOpen(signedRecord, out var record) || !_filter.AcceptCandidate(record.Peer, record.Addresses))
        {
            return false;
        }

        var signed = signedRecord.ToArray();
        info = Update(record.Peer, known => known.WithRecord(record, signed, ClassOf(teller), _time.GetUtcNow()));
        return true;
    }

    /// <inheritdoc/>
    public bool Tag(PeerId peer, string tag)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tag.Length, MaxTagLength, nameof(tag));
        return ChangeTags(peer, tags => tags.Contains(tag) || tags.Count == MaxTags ? tags : [.. tags, tag])?.Contains(tag) is true;
    }

    /// <inheritdoc/>
    public bool Untag(PeerId peer, string tag)
    {
        var wasThere = false;
        ChangeTags(peer, tags => (wasThere = tags.Contains(tag)) ? [.. tags.Where(t => t != tag)] : tags);
        return wasThere;
    }

    /// <inheritdoc/>
    public bool MarkGood(PeerId peer)
    {
        lock (_gate)
        {
            if (_tiers.Find(peer) is not { } entry)
            {
                return false;
            }

            entry.IsGood = true;
            _tiers.Touch(entry);
            return true;
        }
    }

    /// <inheritdoc/>
    public Task SaveAsync() => Saver?.Invoke() ?? Task.CompletedTask;

    /// <inheritdoc/>
    public bool Remove(PeerId peer) { lock (_gate) { return _tiers.Remove(peer); } }

    /// <inheritdoc/>
    public IReadOnlyList<StoredPeer> Export()
    {
        lock (_gate)
        {
            return [.. _tiers.Worth.Select(e => new StoredPeer(e.Info.Peer, e.IsVouched ? PeerTier.Vouched : PeerTier.Good, e.Info.Sources, e.Info.SignedRecord, e.Info.Tags))];
        }
    }

    /// <inheritdoc/>
    public void Import(IReadOnlyList<StoredPeer> peers)
    {
        ArgumentNullException.ThrowIfNull(peers);

        // The most recent comes first, and so must be the last to come in.
        foreach (var stored in peers.Reverse())
        {
            var now = _time.GetUtcNow();
            var opens = PeerRecord.TryOpen(stored.SignedRecord.Span, out var record) && record.Peer.Equals(stored.Peer);
            Update(
                stored.Peer,
                info =>
                {
                    var told = info with
                    {
                        Sources = PeerAddresses.Trim(info.Sources.Concat(PeerAddresses.Renew(stored.Addresses, now))),
                        Tags = [.. info.Tags.Union(stored.Tags).Take(MaxTags)],
                    };
                    return opens && info.Record is null ? told with { Record = record, SignedRecord = stored.SignedRecord } : told;
                },
                entry => (entry.IsVouched, entry.IsGood) = (entry.IsVouched || stored.Tier == PeerTier.Vouched, entry.IsGood || stored.Tier == PeerTier.Good));
        }
    }

    /// <summary>Changes what is known about a peer, who may be new.</summary>
    internal PeerInfo Update(PeerId peer, Func<PeerInfo, PeerInfo> change, Action<PeerTiers.Entry>? mark = null)
    {
        while (true)
        {
            PeerInfo? before;
            lock (_gate)
            {
                before = _tiers.Find(peer)?.Info;
            }

            var after = change(before ?? new PeerInfo(peer)) with { UpdatedAt = _time.GetUtcNow() };
            lock (_gate)
            {
                var entry = _tiers.Find(peer);
                if (!ReferenceEquals(entry?.Info, before))
                {
                    continue;
                }

                entry ??= new PeerTiers.Entry(after);
                entry.Info = after;
                mark?.Invoke(entry);
                _tiers.Touch(entry);
                return after;
            }
        }
    }

    /// <summary>A connection to the peer is open; one call for each.</summary>
    /// <param name="connection">The connection.</param>
    internal void Connected(PeerConnection connection)
    {
        var reached = connection.Direction == Direction.Outbound ? new[] { connection.RemoteAddress } : [];
        Connected(connection.RemotePeer, reached);
    }

    /// <summary>A connection to the peer has ended; one call for each that was opened.</summary>
    internal void Disconnected(PeerId peer)
    {
        var (now, steady) = (_time.GetUtcNow(), _clock.UtcNow);
        Update(peer, info => info with { Sources = PeerAddresses.Renew(info.Sources, now) }, entry =>
        {
            entry.IsGood |= steady - entry.ConnectedSince >= _limits.GoodAfter;
            entry.Connections = Math.Max(0, entry.Connections - 1);
        });
    }

    internal void Connected(PeerId peer, IReadOnlyList<Multiaddr> reached)
    {
        var (now, steady) = (_time.GetUtcNow(), _clock.UtcNow);
        Update(peer, info => info with { Sources = PeerAddresses.Add(info.Sources, reached, AddressSource.Dialed, AddressClass.Loopback, now) }, entry =>
        {
            entry.ConnectedSince = entry.Connections == 0 ? steady : entry.ConnectedSince;
            entry.Connections++;
        });
    }

    private static AddressClass ClassOf(PeerConnection? teller) =>
        teller is null ? AddressClass.Loopback : AddressClasses.OfTeller(teller.RemoteAddress);

    private IReadOnlyList<string>? ChangeTags(PeerId peer, Func<IReadOnlyList<string>, IReadOnlyList<string>> change)
    {
        lock (_gate)
        {
            if (_tiers.Find(peer) is not { } entry)
            {
                return null;
            }

            entry.Info = entry.Info with { Tags = change(entry.Info.Tags) };
            return entry.Info.Tags;
        }
    }

    private sealed class EveryPeer : IPeerFilter;
}

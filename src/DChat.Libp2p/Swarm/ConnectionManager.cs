using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// Ranks connections by the value of their peers and trims them at <see cref="ConnectionManagerOptions.HighWater"/>, the least valued
/// first, of those the idle first, never those of protected peers and never new ones.
/// </summary>
public sealed class ConnectionManager : IConnectionManager
{
    /// <summary>Peers with tags, and protected peers, that are remembered.</summary>
    public const int MaxPeers = 65_536;

    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Dictionary<string, int>> _tags = [];
    private readonly Dictionary<PeerId, HashSet<string>> _protections = [];
    private readonly ConnectionManagerOptions _options;
    private readonly TimeProvider _time;
    private long? _trimmedAt;

    /// <summary>A manager without tags.</summary>
    /// <param name="options">When it trims; read each time.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public ConnectionManager(ConnectionManagerOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate().ToArray() is { Length: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        _options = options;
        _time = time ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public bool SetTag(PeerId peer, string tag, int value)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        lock (_gate)
        {
            if (Of(_tags, peer) is not { } tags)
            {
                return false;
            }

            tags[tag] = value;
            return true;
        }
    }

    /// <inheritdoc/>
    public bool RemoveTag(PeerId peer, string tag)
    {
        lock (_gate)
        {
            return _tags.TryGetValue(peer, out var tags) && tags.Remove(tag) && (tags.Count > 0 || _tags.Remove(peer));
        }
    }

    /// <inheritdoc/>
    public long ValueOf(PeerId peer) { lock (_gate) { return _tags.TryGetValue(peer, out var tags) ? tags.Values.Sum(v => (long)v) : 0; } }

    /// <inheritdoc/>
    public bool Protect(PeerId peer, string tag)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        lock (_gate)
        {
            if (Of(_protections, peer) is not { } tags)
            {
                return false;
            }

            tags.Add(tag);
            return true;
        }
    }

    /// <inheritdoc/>
    public bool Unprotect(PeerId peer, string tag)
    {
        lock (_gate)
        {
            if (!_protections.TryGetValue(peer, out var tags))
            {
                return false;
            }

            tags.Remove(tag);
            return tags.Count > 0 || !_protections.Remove(peer);
        }
    }

    /// <inheritdoc/>
    public bool IsProtected(PeerId peer) { lock (_gate) { return _protections.ContainsKey(peer); } }

    /// <inheritdoc/>
    public IReadOnlyList<PeerConnection> Rank(IEnumerable<PeerConnection> connections)
    {
        // Of those worth the same, the newest goes first: who has stayed long is the likelier to stay.
        return
        [
            .. connections.Where(c => !IsProtected(c.RemotePeer))
                .OrderBy(IsNew)
                .ThenBy(c => ValueOf(c.RemotePeer))
                .ThenBy(c => c.StreamCount > 0)
                .ThenByDescending(c => c.OpenedAt),
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<PeerConnection> Trim(IReadOnlyList<PeerConnection> connections)
    {
        ArgumentNullException.ThrowIfNull(connections);
        lock (_gate)
        {
            if (connections.Count < _options.HighWater || (_trimmedAt is { } last && _time.GetElapsedTime(last) < _options.TrimInterval))
            {
                return [];
            }

            _trimmedAt = _time.GetTimestamp();
        }

        return [.. Rank(connections.Where(c => !IsNew(c))).Take(connections.Count - _options.LowWater)];
    }

    private bool IsNew(PeerConnection connection) => _time.GetElapsedTime(connection.OpenedTimestamp) < _options.Grace;

    /// <summary>What a peer has, empty if it is new; null when there are too many peers.</summary>
    private static T? Of<T>(Dictionary<PeerId, T> all, PeerId peer)
        where T : class, new()
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (!all.TryGetValue(peer, out var own) && all.Count < MaxPeers)
        {
            all[peer] = own = new T();
        }

        return own;
    }
}

using System.Net;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Peers;

/// <summary>
/// What peers say about where they see this host. A network has one vote, its latest: whoever has many peers in one
/// network has one vote too. Not thread-safe.
/// </summary>
internal sealed class ObservedAddresses(TimeProvider time)
{
    /// <summary>Networks that must agree on an address, as in go.</summary>
    internal const int Quorum = 4;

    /// <summary>Addresses that can be observed at a time.</summary>
    internal const int MaxObserved = 4;

    /// <summary>Networks whose votes are kept. Beyond them, the oldest vote goes.</summary>
    internal const int MaxVotes = 256;

    /// <summary>How long a vote counts after its connection has ended.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private readonly SteadyClock _clock = SteadyClock.Of(time);
    private readonly Dictionary<IPNetwork, Vote> _votes = [];

    /// <summary>Addresses that a quorum saw; the most often seen first.</summary>
    internal IReadOnlyList<Multiaddr> Agreed => Count(isExact: true, Quorum);

    /// <summary>Addresses that anyone saw, whose port is not the one listened on.</summary>
    internal IReadOnlyList<Multiaddr> Inexact => Count(isExact: false, 1);

    /// <summary>Takes a vote. It counts while the connection is open, and for a while after.</summary>
    /// <param name="network">The observer's network.</param>
    /// <param name="address">What it sees.</param>
    /// <param name="isExact">Whether the host listens at its end of the connection, so that the port means something.</param>
    /// <param name="isOpen">Whether the connection is open.</param>
    internal void Add(IPNetwork network, Multiaddr address, bool isExact, Func<bool> isOpen)
    {
        // A guess does not take the place of a better vote.
        if (!isExact && _votes.TryGetValue(network, out var known) && known.IsExact && Counts(known))
        {
            return;
        }

        _votes.Remove(network);
        if (_votes.Count == MaxVotes)
        {
            _votes.Remove(_votes.MinBy(v => v.Value.At).Key);
        }

        _votes[network] = new Vote(address, isExact, _clock.UtcNow, isOpen);
    }

    internal void Remove(Multiaddr address)
    {
        foreach (var network in _votes.Where(v => v.Value.Address.Equals(address)).Select(v => v.Key).ToArray())
        {
            _votes.Remove(network);
        }
    }

    private IReadOnlyList<Multiaddr> Count(bool isExact, int quorum) =>
    [
        .. _votes.Values.Where(v => v.IsExact == isExact && Counts(v))
            .GroupBy(v => v.Address)
            .Where(g => g.Count() >= quorum)
            .OrderByDescending(g => g.Count())
            .Take(MaxObserved)
            .Select(g => g.Key),
    ];

    private bool Counts(Vote vote)
    {
        if (vote.IsOpen())
        {
            vote.At = _clock.UtcNow;
        }

        return _clock.UtcNow - vote.At < Lifetime;
    }

    private sealed class Vote(Multiaddr address, bool isExact, DateTimeOffset at, Func<bool> isOpen)
    {
        internal Multiaddr Address => address;

        internal bool IsExact => isExact;

        internal DateTimeOffset At { get; set; } = at;

        internal Func<bool> IsOpen => isOpen;
    }
}

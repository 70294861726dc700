using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>
/// What servers say about this host's addresses. A network has one vote on an address in a round, its first; a round ends when enough
/// have reached it or enough have not, and the next begins when the result is to be checked again. Without input, output and a clock. Not thread-safe.
/// </summary>
internal sealed class ReachabilityBook(AutoNatOptions options)
{
    /// <summary>Addresses asked about; of more, the preferred.</summary>
    internal const int MaxAddresses = 32;

    private readonly OrderedDictionary<Multiaddr, Page> _pages = [];

    /// <summary>Takes on what is to be asked about, the preferred first, and forgets the rest.</summary>
    internal void Keep(IEnumerable<Multiaddr> addresses)
    {
        var known = _pages.ToDictionary(p => p.Key, p => p.Value);
        _pages.Clear();
        foreach (var address in addresses.Distinct().Take(MaxAddresses))
        {
            _pages[address] = known.GetValueOrDefault(address) ?? new Page();
        }
    }

    /// <summary>The preferred address that a server of a network is to be asked about; null when there is none.</summary>
    internal Multiaddr? NextFor(string network, Func<Multiaddr, bool> isFree, DateTimeOffset now)
    {
        foreach (var (address, page) in _pages)
        {
            Refresh(page, now);
            if (page.IsOpen && !page.Votes.ContainsKey(network) && isFree(address))
            {
                return address;
            }
        }

        return null;
    }

    /// <summary>Takes a vote.</summary>
    /// <returns>What the address is by it; <see cref="Reachability.Unknown"/> when nothing is settled by this vote.</returns>
    internal Reachability Record(Multiaddr address, string network, bool reached, DateTimeOffset now)
    {
        if (!_pages.TryGetValue(address, out var page))
        {
            return Reachability.Unknown;
        }

        Refresh(page, now);
        if (!page.IsOpen || !page.Votes.TryAdd(network, (reached, now)))
        {
            return Reachability.Unknown;
        }

        var result = page.Count(reached: true) >= options.NetworksToConfirm ? Reachability.Reachable
            : page.Count(reached: false) >= options.NetworksToRefute ? Reachability.Unreachable
            : Reachability.Unknown;
        if (result != Reachability.Unknown)
        {
            (page.Result, page.SettledAt, page.IsOpen) = (result, now, false);
        }

        return result;
    }

    internal IReadOnlyList<AddressReachability> Snapshot(DateTimeOffset now)
    {
        foreach (var page in _pages.Values)
        {
            Refresh(page, now);
        }

        return [.. _pages.Select(p => new AddressReachability(p.Key, p.Value.Result, p.Value.Count(reached: true), p.Value.Count(reached: false), p.Value.SettledAt))];
    }

    /// <summary>Lets time do what it does: results and votes expire, and a result that is old enough is looked at anew.</summary>
    private void Refresh(Page page, DateTimeOffset now)
    {
        if (!page.IsOpen && now - page.SettledAt >= options.RecheckInterval)
        {
            page.IsOpen = true;
            page.Votes.Clear();
        }

        if (page.SettledAt is { } settled && now - settled >= options.ResultLifetime)
        {
            (page.Result, page.SettledAt) = (Reachability.Unknown, null);
        }

        if (page.IsOpen)
        {
            foreach (var (network, _) in page.Votes.Where(v => now - v.Value.At >= options.ResultLifetime).ToArray())
            {
                page.Votes.Remove(network);
            }
        }
    }

    /// <summary>One address. Votes are fewer than the two numbers that settle it, so they need no limit of their own.</summary>
    private sealed class Page
    {
        internal Dictionary<string, (bool Reached, DateTimeOffset At)> Votes { get; } = new(StringComparer.Ordinal);

        internal bool IsOpen { get; set; } = true;

        internal Reachability Result { get; set; }

        internal DateTimeOffset? SettledAt { get; set; }

        internal int Count(bool reached) => Votes.Values.Count(v => v.Reached == reached);
    }
}

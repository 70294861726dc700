using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>
/// Decides at which relays to reserve. A plain machine: the time, the relays that were found and how reservations stand come in, what to
/// ask and what to give up comes out. Not thread-safe.
/// </summary>
internal sealed class AutoRelayTable(AutoRelayOptions options)
{
    private readonly OrderedDictionary<PeerId, Entry> _entries = [];

    /// <summary>Relays that are asked or reserved at.</summary>
    internal int Taken => _entries.Values.Count(e => e.State != AutoRelayState.Waiting);

    /// <summary>Every relay that is named or tried, in the order in which they are preferred.</summary>
    internal IReadOnlyList<AutoRelayStatus> Describe() => [.. _entries.Values.OrderByDescending(e => e.IsNamed).Select(e => e.Describe())];

    internal AutoRelayStatus? Find(PeerId relay) => _entries.GetValueOrDefault(relay)?.Describe();

    /// <summary>Names a relay, or gives it another address. It may be tried at once.</summary>
    /// <returns>False when <see cref="AutoRelayOptions.MaxRelays"/> others are named.</returns>
    internal bool Name(Multiaddr relay)
    {
        if (!_entries.TryGetValue(relay.Peer!, out var entry))
        {
            if (_entries.Values.Count(e => e.IsNamed) >= AutoRelayOptions.MaxRelays)
            {
                return false;
            }

            _entries[relay.Peer!] = entry = new Entry(relay);
        }

        entry.IsNamed = true;
        if (entry.State == AutoRelayState.Waiting)
        {
            (entry.Relay, entry.RetryAt, entry.Pause) = (relay, DateTimeOffset.MinValue, TimeSpan.Zero);
        }

        return true;
    }

    /// <summary>Forgets a relay. A reservation there is the caller's to end.</summary>
    internal bool Remove(PeerId relay) => _entries.Remove(relay);

    /// <summary>The relays to ask now: as many as are missing, those named before those found.</summary>
    /// <param name="now">The time.</param>
    /// <param name="found">Relays among the connected peers, the preferred first.</param>
    internal IReadOnlyList<Multiaddr> Begin(DateTimeOffset now, IReadOnlyList<Multiaddr> found)
    {
        foreach (var entry in _entries.Values.Where(e => !e.IsNamed && e.State == AutoRelayState.Waiting && e.RetryAt <= now).ToArray())
        {
            _entries.Remove(entry.Relay.Peer!);
        }

        var asked = _entries.Values.Where(e => e.IsNamed && CanTry(e, now)).Concat(found.Where(f => !_entries.ContainsKey(f.Peer!)).DistinctBy(f => f.Peer).Select(f => new Entry(f)))
            .Take(Math.Max(0, options.Reservations - Taken)).ToArray();
        foreach (var entry in asked)
        {
            entry.State = AutoRelayState.Asking;
            _entries[entry.Relay.Peer!] = entry;
        }

        return [.. asked.Select(e => e.Relay)];
    }

    /// <summary>Those of some relays that wait, to be asked now, whatever the others are.</summary>
    internal IReadOnlyList<Multiaddr> Begin(IReadOnlyList<PeerId> only)
    {
        var asked = only.Select(_entries.GetValueOrDefault).OfType<Entry>().Where(e => e.State == AutoRelayState.Waiting).ToArray();
        foreach (var entry in asked)
        {
            entry.State = AutoRelayState.Asking;
        }

        return [.. asked.Select(e => e.Relay)];
    }

    /// <summary>A relay gave a reservation.</summary>
    /// <returns>False when the relay is not wanted any more.</returns>
    internal bool Reserved(PeerId relay, CircuitStanding standing)
    {
        if (!_entries.TryGetValue(relay, out var entry))
        {
            return false;
        }

        (entry.State, entry.Standing, entry.Pause, entry.Fault) = (AutoRelayState.Reserved, standing, TimeSpan.Zero, null);
        return true;
    }

    /// <summary>A relay gave none, or the reservation there has been given up: it waits, longer each time.</summary>
    internal void Failed(PeerId relay, string? fault, DateTimeOffset now)
    {
        if (_entries.TryGetValue(relay, out var entry))
        {
            entry.Pause = entry.Pause == TimeSpan.Zero ? options.FirstPause : entry.Pause * 2 < options.LongestPause ? entry.Pause * 2 : options.LongestPause;
            (entry.State, entry.Standing, entry.Fault, entry.RetryAt) = (AutoRelayState.Waiting, CircuitStanding.None, fault, now + entry.Pause);
        }
    }

    /// <summary>Takes in how reservations stand.</summary>
    /// <param name="standings">Those that are listened through, by relay.</param>
    /// <param name="finds">Whether relays that were found are still wanted.</param>
    /// <param name="now">The time.</param>
    /// <returns>The relays to give up.</returns>
    internal IReadOnlyList<PeerId> Observe(IReadOnlyDictionary<PeerId, CircuitStanding> standings, bool finds, DateTimeOffset now)
    {
        List<PeerId> givenUp = [];
        foreach (var (relay, entry) in _entries.Where(e => e.Value.State is AutoRelayState.Reserved or AutoRelayState.Lost))
        {
            var standing = standings.GetValueOrDefault(relay);
            (entry.Standing, entry.Fault) = (standing ?? CircuitStanding.None, standing?.Fault);
            entry.State = standing is { LostAt: null } ? AutoRelayState.Reserved : AutoRelayState.Lost;
            if (standing is null || now - standing.LostAt >= options.LossPatience || !(entry.IsNamed || finds))
            {
                givenUp.Add(relay);
            }
        }

        return givenUp;
    }

    private static bool CanTry(Entry entry, DateTimeOffset now) => entry.State == AutoRelayState.Waiting && entry.RetryAt <= now;

    private sealed class Entry(Multiaddr relay)
    {
        internal Multiaddr Relay { get; set; } = relay;

        internal bool IsNamed { get; set; }

        internal AutoRelayState State { get; set; }

        internal CircuitStanding Standing { get; set; } = CircuitStanding.None;

        internal DateTimeOffset RetryAt { get; set; } = DateTimeOffset.MinValue;

        internal TimeSpan Pause { get; set; }

        internal string? Fault { get; set; }

        internal AutoRelayStatus Describe() => new(Relay, State)
        {
            IsNamed = IsNamed,
            Expires = State == AutoRelayState.Reserved ? Standing.Reservation?.Expires : null,
            CircuitDuration = Standing.Limit.Duration,
            CircuitBytes = Standing.Limit.Data,
            RetryAt = State == AutoRelayState.Waiting && RetryAt > DateTimeOffset.MinValue ? RetryAt : null,
            Fault = Fault,
        };
    }
}

using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>At which relays a host keeps reservations.</summary>
public sealed class AutoRelayOptions
{
    /// <summary>The most <see cref="Relays"/>.</summary>
    public const int MaxRelays = 64;

    /// <summary>
    /// Relays to reserve at, the preferred first: addresses that end with <c>/p2p</c> and the relay's id and lead there directly. At most
    /// <see cref="MaxRelays"/>. Default: none.
    /// </summary>
    public IList<Multiaddr> Relays { get; } = [];

    /// <summary>Reservations kept at once, each at another relay. Default 2, as in go; 1 to 16.</summary>
    public int Reservations { get; set; } = 2;

    /// <summary>
    /// Whether relays are also found among the connected peers, when <see cref="Relays"/> are not enough. Default no.
    /// <see cref="AutoRelay.SetFinding"/> changes it at run time, for one who learns whether the host can be reached.
    /// </summary>
    public bool FindsRelays { get; set; }

    /// <summary>
    /// Time that a relay which was lost has to come back before another takes its place. Default 15 s; 0 to 1 h. It is asked again all the while.
    /// </summary>
    public TimeSpan LossPatience { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Time before a relay that refused or was lost is tried again, at first; it doubles. Default 5 s; 100 ms to 1 h.</summary>
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest such time. Default 2 min; <see cref="FirstPause"/> to 1 day.</summary>
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>What is wrong, one sentence each; empty when all is well.</summary>
    internal IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        RangeFaults.Check(faults, nameof(Reservations), Reservations, 1, 16);
        RangeFaults.Check(faults, nameof(LossPatience), LossPatience, TimeSpan.Zero, TimeSpan.FromHours(1));
        RangeFaults.Check(faults, nameof(FirstPause), FirstPause, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        RangeFaults.Check(faults, nameof(LongestPause), LongestPause, FirstPause, TimeSpan.FromDays(1));
        faults.AddRange(Relays.Where(relay => !IsRelay(relay)).Select(relay => $"{nameof(Relays)}: {relay} must end with /p2p and the relay's id, and lead there directly."));
        if (Relays.Count > MaxRelays)
        {
            faults.Add($"{nameof(Relays)} must be at most {MaxRelays}.");
        }

        return faults;
    }

    /// <summary>Whether a relay can be reserved at by an address: it names the relay, and leads there through no other.</summary>
    public static bool IsRelay(Multiaddr address) => address is { Peer: not null, IsRelayed: false, Components.Count: > 1 };
}

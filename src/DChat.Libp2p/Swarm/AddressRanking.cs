using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Swarm;

/// <summary>The order in which addresses of a peer are tried: the nearest first.</summary>
public static class AddressRanking
{
    /// <summary>
    /// Drops duplicates and sorts: within this machine, private networks, public addresses, names, then what no host can
    /// have; behind all of them, those through a relay, in the same order of the relay's. Stable within a group.
    /// </summary>
    public static IReadOnlyList<Multiaddr> Rank(IEnumerable<Multiaddr> addresses) =>
        [.. addresses.Select(a => a.WithoutPeer()).Distinct().OrderBy(a => a.IsRelayed).ThenBy(Distance)];

    /// <summary>
    /// The first addresses of each class in turn, so that many of one class do not push out those of another. Those through a relay
    /// are of a class of their own. Their order stays.
    /// </summary>
    /// <param name="ranked">The addresses, best first.</param>
    /// <param name="count">The most to take.</param>
    public static IReadOnlyList<Multiaddr> Share(IReadOnlyList<Multiaddr> ranked, int count)
    {
        ArgumentNullException.ThrowIfNull(ranked);
        var places = new Dictionary<(AddressClass, bool), int>();
        return
        [
            .. ranked
                .Select((address, rank) => (Address: address, Rank: rank, Turn: places[KindOf(address)] = places.GetValueOrDefault(KindOf(address)) + 1))
                .OrderBy(a => a.Turn)
                .Take(count)
                .OrderBy(a => a.Rank)
                .Select(a => a.Address),
        ];
    }

    /// <summary>Whether anyone on the internet could reach the address, as far as it tells.</summary>
    public static bool IsPublic(Multiaddr address) => AddressClasses.Of(address) is AddressClass.Public or AddressClass.Unresolved;

    private static (AddressClass Class, bool IsRelayed) KindOf(Multiaddr address) => (AddressClasses.Of(address), address.IsRelayed);

    private static int Distance(Multiaddr address) => AddressClasses.Of(address) switch
    {
        AddressClass.Loopback => 0,
        AddressClass.Private => 1,
        AddressClass.Public => 2,
        AddressClass.Unresolved => 3,
        _ => 4,
    };
}

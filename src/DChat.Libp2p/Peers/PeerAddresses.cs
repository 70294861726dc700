using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Peers;

/// <summary>
/// Puts together what is said about the addresses of one peer. Each source, and each class within a source, has a share
/// of its own, so that whoever says much pushes out only what the same source said.
/// </summary>
internal static class PeerAddresses
{
    /// <summary>The longest address that is kept, in bytes: one through a relay with a certificate's hash fits.</summary>
    internal const int MaxAddressLength = 256;

    /// <summary>How long what another peer told is kept, as long as go keeps it.</summary>
    internal static readonly TimeSpan ToldLifetime = TimeSpan.FromMinutes(30);

    /// <summary>How long a claim is kept after the last connection, as in js.</summary>
    internal static readonly TimeSpan ClaimedLifetime = TimeSpan.FromHours(1);

    /// <summary>How long certified addresses, and those where the peer was reached, are kept after the last connection.</summary>
    internal static readonly TimeSpan ProvenLifetime = TimeSpan.FromHours(24);

    /// <summary>The most addresses kept of a source.</summary>
    internal static int ShareOf(AddressSource source) => source switch
    {
        AddressSource.Told => 8,
        AddressSource.Dialed => 4,
        _ => 16,
    };

    /// <summary>
    /// The most addresses of a class kept of a source: a quarter for loopback and half for private ones, of what the peer
    /// or others say. What the application says, and where the peer was reached, has no such limit.
    /// </summary>
    internal static int ShareOf(AddressSource source, AddressClass of) => (source, of) switch
    {
        (AddressSource.Vouched or AddressSource.Dialed, _) => ShareOf(source),
        (_, AddressClass.Loopback) => ShareOf(source) / 4,
        (_, AddressClass.Private) => ShareOf(source) / 2,
        _ => ShareOf(source),
    };

    /// <summary>When an address that was said now expires.</summary>
    internal static DateTimeOffset? ExpiryOf(AddressSource source, DateTimeOffset now) => source switch
    {
        AddressSource.Vouched => null,
        AddressSource.Told => now + ToldLifetime,
        AddressSource.Claimed => now + ClaimedLifetime,
        _ => now + ProvenLifetime,
    };

    /// <summary>Adds what a source says, in front of what it said before; what is told by others goes behind it.</summary>
    /// <param name="known">What is known.</param>
    /// <param name="said">What is said now. Addresses that the teller does not share with this host are passed over.</param>
    /// <param name="source">Who says so.</param>
    /// <param name="teller">The class that it is said from.</param>
    /// <param name="now">The time.</param>
    internal static IReadOnlyList<PeerAddress> Add(
        IReadOnlyList<PeerAddress> known, IEnumerable<Multiaddr> said, AddressSource source, AddressClass teller, DateTimeOffset now)
    {
        var added = said
            .Select(a => a.WithoutPeer())
            .Where(a => a.Bytes.Length <= MaxAddressLength && IsBelievable(a, source, teller))
            .Select(a => new PeerAddress(a, source, teller, ExpiryOf(source, now)))
            .ToArray();
        if (source != AddressSource.Told)
        {
            return Trim(added.Concat(known));
        }

        // A stranger does not push out what another stranger told before, and makes it last.
        var again = added.Select(a => a.Address).ToHashSet();
        return Trim(known.Select(a => a.Source == source && again.Contains(a.Address) ? a with { ExpiresAt = ExpiryOf(source, now) } : a).Concat(added));
    }

    /// <summary>Like <see cref="Add"/>, but what the source said before and says no longer is forgotten.</summary>
    internal static IReadOnlyList<PeerAddress> Replace(
        IReadOnlyList<PeerAddress> known, IEnumerable<Multiaddr> said, AddressSource source, AddressClass teller, DateTimeOffset now) =>
        Add([.. known.Where(a => a.Source != source)], said, source, teller, now);

    /// <summary>Keeps everything for as long as if it was said now: what is done when the last connection ends.</summary>
    internal static IReadOnlyList<PeerAddress> Renew(IReadOnlyList<PeerAddress> known, DateTimeOffset now) =>
        [.. known.Select(a => a with { ExpiresAt = ExpiryOf(a.Source, now) })];

    /// <summary>Most trusted first, each address once, and no more of a source and class than its share.</summary>
    internal static IReadOnlyList<PeerAddress> Trim(IEnumerable<PeerAddress> addresses)
    {
        var seen = new HashSet<Multiaddr>();
        var ofSource = new Dictionary<AddressSource, int>();
        var ofClass = new Dictionary<(AddressSource, AddressClass), int>();
        var kept = new List<PeerAddress>();
        foreach (var address in addresses.OrderByDescending(a => a.Source))
        {
            var (source, of) = (address.Source, AddressClasses.Of(address.Address));
            if (ofSource.GetValueOrDefault(source) < ShareOf(source)
                && ofClass.GetValueOrDefault((source, of)) < ShareOf(source, of)
                && kept.Count < PeerStore.MaxAddressesPerPeer
                && seen.Add(address.Address))
            {
                ofSource[source] = ofSource.GetValueOrDefault(source) + 1;
                ofClass[(source, of)] = ofClass.GetValueOrDefault((source, of)) + 1;
                kept.Add(address);
            }
        }

        return kept;
    }

    private static bool IsBelievable(Multiaddr address, AddressSource source, AddressClass teller) =>
        source is AddressSource.Vouched or AddressSource.Dialed || AddressClasses.IsShared(teller, AddressClasses.Of(address));
}

namespace DChat.Libp2p.Protocols.Kad.Lookups;

/// <summary>What a lookup has found.</summary>
/// <param name="Closest">The k closest peers that have answered, the closest first.</param>
/// <param name="Told">The addresses that were told of all peers.</param>
/// <param name="Asked">Requests sent.</param>
internal sealed record LookupResult(IReadOnlyList<KademliaPeer> Closest, ToldAddresses Told, int Asked);

using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Protocols.Kad.Lookups;

/// <summary>
/// Whom the paths of a lookup begin with. The first has the closest. Whoever wants a key for itself makes ids around it, and
/// those are the closest: so the others begin elsewhere, with peers from all over the table, those known longest first. When
/// the table has no more than the closest, the paths share these.
/// </summary>
internal static class LookupSeeds
{
    /// <param name="closest">The k closest, the closest first.</param>
    /// <param name="others">Others, the preferred first.</param>
    /// <param name="paths">d.</param>
    /// <returns>For each path its own; no peer twice.</returns>
    internal static IReadOnlyList<PeerId>[] Of(IReadOnlyList<PeerId> closest, IReadOnlyList<PeerId> others, int paths) =>
        others.Count == 0 || paths == 1 ? Deal(closest, paths) : [closest, .. Deal(others, paths - 1)];

    private static IReadOnlyList<PeerId>[] Deal(IReadOnlyList<PeerId> peers, int hands) =>
        [.. Enumerable.Range(0, hands).Select(hand => peers.Where((_, i) => i % hands == hand).ToArray())];
}

using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Resources;

/// <summary>Counts refusals by what was wanted and whose limit was reached. Thread-safe.</summary>
internal sealed class ResourceTotals
{
    private static readonly int Scopes = Enum.GetValues<ResourceScopeKind>().Length;

    private readonly long[] _counts = new long[Enum.GetValues<ResourceKind>().Length * Scopes];

    internal IReadOnlyList<ResourceRefusals> All =>
    [
        .. _counts.Index().Select(c => new ResourceRefusals((ResourceKind)(c.Index / Scopes), (ResourceScopeKind)(c.Index % Scopes), Volatile.Read(ref _counts[c.Index])))
            .Where(r => r.Count > 0),
    ];

    internal void Add(ResourceKind resource, ResourceScopeKind scope) => Interlocked.Increment(ref _counts[((int)resource * Scopes) + (int)scope]);
}

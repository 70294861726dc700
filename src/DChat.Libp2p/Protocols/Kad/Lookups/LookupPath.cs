using DChat.Libp2p.Protocols.Kad.Routing;

namespace DChat.Libp2p.Protocols.Kad.Lookups;

/// <summary>What one of a lookup's paths knows: what its first peers were, and what peers that it asked have told.</summary>
/// <param name="target">What is looked for.</param>
/// <param name="width">k: how many of the closest have to answer.</param>
internal sealed class LookupPath(KadId target, int width)
{
    /// <summary>Peers kept, in multiples of k; the closest are kept.</summary>
    private const int MaxHeard = 8;

    private readonly List<LookupNode> _heard = [];

    /// <summary>Requests under way.</summary>
    internal int Running { get; set; }

    internal bool IsEmpty => _heard.Count == 0;

    /// <summary>The k closest that have not failed; when all have answered, nothing closer will be heard of.</summary>
    private IEnumerable<LookupNode> Window => _heard.Where(n => n.State != LookupState.Failed).Take(width);

    internal bool IsDone => Window.All(n => n.State == LookupState.Answered);

    internal void Hear(LookupNode node)
    {
        var at = _heard.BinarySearch(node, Comparer<LookupNode>.Create((a, b) => target.CompareDistance(a.Id, b.Id)));
        if (at >= 0)
        {
            return;
        }

        _heard.Insert(~at, node);
        if (_heard.Count > MaxHeard * width)
        {
            _heard.RemoveAt(_heard.Count - 1);
        }
    }

    /// <summary>Whom to ask next: the closest that no path has asked.</summary>
    internal LookupNode? Next() => Window.FirstOrDefault(n => n.State == LookupState.Heard);

    /// <summary>The closest that have answered this path or another.</summary>
    internal IEnumerable<LookupNode> Answered => _heard.Where(n => n.State == LookupState.Answered);
}

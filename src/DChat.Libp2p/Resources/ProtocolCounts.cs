using System.Runtime.InteropServices;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Resources;

/// <summary>How many streams of each protocol there are, of a host or with a peer. Thread-safe.</summary>
internal sealed class ProtocolCounts
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Protocol, Direction Direction), int> _counts = [];

    /// <summary>Whether there are none.</summary>
    internal bool IsEmpty { get { lock (_gate) { return _counts.Count == 0; } } }

    /// <summary>Counts one more; false when there are <paramref name="limit"/> already.</summary>
    internal bool TryAdd(string protocol, Direction direction, int limit)
    {
        lock (_gate)
        {
            if (limit < 1)
            {
                return false;
            }

            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, (protocol, direction), out _);
            if (count >= limit)
            {
                return false;
            }

            count++;
            return true;
        }
    }

    internal void Remove(string protocol, Direction direction)
    {
        lock (_gate)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, (protocol, direction));
            if (--count == 0)
            {
                _counts.Remove((protocol, direction));
            }
        }
    }

    /// <summary>What there is, by protocol.</summary>
    internal IReadOnlyList<(string Protocol, ResourceUsage Usage)> Describe()
    {
        lock (_gate)
        {
            return
            [
                .. _counts.GroupBy(c => c.Key.Protocol, StringComparer.Ordinal).Select(g => (g.Key, new ResourceUsage(
                    0, 0, 0, g.Where(c => c.Key.Direction == Direction.Inbound).Sum(c => c.Value), g.Where(c => c.Key.Direction == Direction.Outbound).Sum(c => c.Value), 0))),
            ];
        }
    }
}

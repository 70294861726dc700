using DChat.Core.Admission;

namespace DChat.Tls.Connections;

/// <summary>
/// The handshakes of one port that are under way. Who comes when there is no room takes the place of the oldest one: an honest
/// handshake is over in milliseconds, so the oldest are those of peers that never meant to finish.
/// </summary>
internal sealed class UnfinishedHandshakes
{
    /// <summary>How many there may be at a port.</summary>
    public const int Max = 512;

    /// <summary>How many of them one network may have.</summary>
    public const int MaxPerNetwork = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<NetworkPrefix, LinkedList<Handshake>> _networks = [];
    private long _began;
    private int _count;

    /// <summary>Makes room for a handshake and takes it in.</summary>
    /// <param name="handshake">The handshake.</param>
    /// <returns>The one that lost its place and must make way; null when there was room.</returns>
    public Handshake? Begin(Handshake handshake)
    {
        lock (_gate)
        {
            var loser = Count(handshake.Network) == MaxPerNetwork ? RemoveOldest(handshake.Network)
                : _count == Max ? RemoveOldest(Largest())
                : null;
            handshake.Number = _began++;
            if (!_networks.TryGetValue(handshake.Network, out var those))
            {
                _networks[handshake.Network] = those = [];
            }

            those.AddLast(handshake);
            _count++;
            return loser;
        }
    }

    /// <summary>Gives its place back, if it still has it.</summary>
    /// <param name="handshake">What <see cref="Begin"/> took in.</param>
    public void End(Handshake handshake)
    {
        lock (_gate)
        {
            if (_networks.TryGetValue(handshake.Network, out var those) && those.Remove(handshake))
            {
                Removed(handshake.Network, those);
            }
        }
    }

    private int Count(NetworkPrefix network) => _networks.TryGetValue(network, out var those) ? those.Count : 0;

    // Of networks with equally many, the one whose oldest is oldest.
    private NetworkPrefix Largest() => _networks.MaxBy(network => (network.Value.Count, -network.Value.First!.Value.Number)).Key;

    private Handshake RemoveOldest(NetworkPrefix network)
    {
        var those = _networks[network];
        var oldest = those.First!.Value;
        those.RemoveFirst();
        Removed(network, those);
        return oldest;
    }

    private void Removed(NetworkPrefix network, LinkedList<Handshake> those)
    {
        _count--;
        if (those.Count == 0)
        {
            _networks.Remove(network);
        }
    }
}

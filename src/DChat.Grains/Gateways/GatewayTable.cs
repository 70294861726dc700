using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;

namespace DChat.Grains.Gateways;

/// <summary>The gateways that announced themselves within <see cref="GatewayLiveness.Lifetime"/>. Not thread-safe.</summary>
internal sealed class GatewayTable(TimeProvider time)
{
    private readonly Dictionary<string, (GatewayDescription Gateway, long AnnouncedAt)> _gateways = new(StringComparer.Ordinal);

    /// <summary>Adds or renews a gateway; false when <see cref="IGatewayDirectoryGrain.MaxGateways"/> others are there.</summary>
    public bool TryAnnounce(GatewayDescription gateway)
    {
        if (!_gateways.ContainsKey(gateway.PeerId))
        {
            Expire();
            if (_gateways.Count >= IGatewayDirectoryGrain.MaxGateways)
            {
                return false;
            }
        }

        _gateways[gateway.PeerId] = (gateway, time.GetTimestamp());
        return true;
    }

    /// <summary>Forgets a gateway.</summary>
    public void Remove(string peerId) => _gateways.Remove(peerId);

    /// <summary>The gateways, by PeerId ascending.</summary>
    public GatewayDescription[] List()
    {
        Expire();
        return [.. _gateways.Values.Select(entry => entry.Gateway).OrderBy(gateway => gateway.PeerId, StringComparer.Ordinal)];
    }

    private void Expire()
    {
        foreach (var (peerId, entry) in _gateways)
        {
            if (time.GetElapsedTime(entry.AnnouncedAt) > GatewayLiveness.Lifetime)
            {
                _gateways.Remove(peerId);
            }
        }
    }
}

using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>What is left of the server's limits. Thread-safe.</summary>
internal sealed class ServerBudget(AutoNatServerLimits limits, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _running = new(StringComparer.Ordinal);
    private readonly long _start = time.GetTimestamp();
    private readonly RequestRates<PeerId> _peers = OfMinute<PeerId>(limits.RequestsPerMinutePerPeer);
    private readonly RequestRates<string> _networks = OfMinute<string>(limits.RequestsPerMinutePerNetwork);
    private readonly RequestRates<bool> _all = OfMinute<bool>(limits.RequestsPerMinute);
    private readonly RequestRates<bool> _elsewhere = OfMinute<bool>(limits.DialsElsewherePerMinute);
    private int _total;

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>Counts a request; what it exceeds, or null. What a peer or a network exceeds takes nothing from others.</summary>
    internal ServedRequest? TakeRequest(PeerId peer, string network) =>
        !_peers.TryTake(peer, Now) ? ServedRequest.PeerRate
        : !_networks.TryTake(network, Now) ? ServedRequest.NetworkRate
        : !_all.TryTake(true, Now) ? ServedRequest.Rate
        : null;

    /// <summary>Counts a dial elsewhere; false when there have been too many.</summary>
    internal bool TakeElsewhere() => _elsewhere.TryTake(true, Now);

    /// <summary>A place to dial; dispose it to give it back. Null when there is none.</summary>
    internal IDisposable? TryBegin(string network)
    {
        lock (_gate)
        {
            var running = _running.GetValueOrDefault(network);
            if (_total >= limits.MaxConcurrentDials || running >= limits.MaxConcurrentDialsPerNetwork)
            {
                return null;
            }

            _total++;
            _running[network] = running + 1;
            return new Place(this, network);
        }
    }

    private static RequestRates<T> OfMinute<T>(int limit)
        where T : notnull => new(limit / 60.0, limit);

    private void End(string network)
    {
        lock (_gate)
        {
            _total--;
            if (--_running[network] == 0)
            {
                _running.Remove(network);
            }
        }
    }

    private sealed class Place(ServerBudget budget, string network) : IDisposable
    {
        private int _isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            {
                budget.End(network);
            }
        }
    }
}

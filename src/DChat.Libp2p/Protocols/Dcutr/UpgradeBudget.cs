using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Dcutr;

/// <summary>What is left of the limits on upgrades. Thread-safe.</summary>
internal sealed class UpgradeBudget(DcutrOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly HashSet<PeerId> _peers = [];
    private readonly Dictionary<string, int> _running = new(StringComparer.Ordinal);
    private readonly long _start = time.GetTimestamp();
    private readonly RequestRates<string> _relays = new(options.UpgradesPerMinutePerRelay / 60.0, options.UpgradesPerMinutePerRelay);
    private readonly RequestRates<bool> _all = new(options.UpgradesPerMinute / 60.0, options.UpgradesPerMinute);
    private readonly RequestRates<PeerId> _answers = new(options.AnswersPerMinutePerPeer / 60.0, options.AnswersPerMinutePerPeer);

    /// <summary>Upgrades under way.</summary>
    internal int Running { get { lock (_gate) { return _peers.Count; } } }

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>Begins an upgrade, to be ended by <see cref="End"/>; false when there is one to the peer, or there are too many.</summary>
    internal bool TryBegin(PeerId peer, string relay)
    {
        lock (_gate)
        {
            if (_peers.Contains(peer) || _peers.Count >= options.MaxConcurrentUpgrades
                || _running.GetValueOrDefault(relay) >= options.MaxConcurrentUpgradesPerRelay
                || !_relays.TryTake(relay, Now) || !_all.TryTake(true, Now))
            {
                return false;
            }

            _peers.Add(peer);
            _running[relay] = _running.GetValueOrDefault(relay) + 1;
            return true;
        }
    }

    internal void End(PeerId peer, string relay)
    {
        lock (_gate)
        {
            _peers.Remove(peer);
            if (--_running[relay] == 0)
            {
                _running.Remove(relay);
            }
        }
    }

    /// <summary>Counts an attempt of a peer that is to be answered; false when there were too many.</summary>
    internal bool TakeAnswer(PeerId peer) => _answers.TryTake(peer, Now);
}

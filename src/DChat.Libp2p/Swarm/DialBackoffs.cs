using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// Addresses of peers that failed a short while ago and are not tried again yet, as in go: 5 s after the first failure, 1 s times the
/// square of the failures more after each further one, 5 min at most; 30 s at most for those that the application vouches for.
/// </summary>
internal sealed class DialBackoffs(TimeProvider time)
{
    /// <summary>Addresses remembered; those that may be tried the soonest are forgotten for others.</summary>
    internal const int MaxAddresses = 4096;

    internal static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    internal static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    internal static readonly TimeSpan LongestVouched = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly long _started = time.GetTimestamp();
    private readonly Dictionary<(PeerId? Peer, Multiaddr Address), Backoff> _backoffs = [];

    internal int Count { get { lock (_gate) { return _backoffs.Count; } } }

    /// <summary>Whether an address is not to be tried yet.</summary>
    internal bool IsBackingOff(PeerId? peer, Multiaddr address, bool isVouched = false)
    {
        lock (_gate)
        {
            return _backoffs.TryGetValue((peer, address), out var backoff)
                && (isVouched && backoff.Pause > LongestVouched ? backoff.Until - backoff.Pause + LongestVouched : backoff.Until) > Now;
        }
    }

    internal void Failed(PeerId? peer, Multiaddr address)
    {
        lock (_gate)
        {
            var failures = _backoffs.GetValueOrDefault((peer, address)).Failures;
            if (failures == 0 && _backoffs.Count >= MaxAddresses)
            {
                foreach (var (soonest, _) in _backoffs.OrderBy(b => b.Value.Until).Take(MaxAddresses / 4).ToArray())
                {
                    _backoffs.Remove(soonest);
                }
            }

            var pause = First + (Step * (double)failures * failures);
            pause = pause < Longest ? pause : Longest;
            _backoffs[(peer, address)] = new Backoff(failures + 1, pause, Now + pause);
        }
    }

    internal void Succeeded(PeerId? peer, Multiaddr address) { lock (_gate) { _backoffs.Remove((peer, address)); } }

    private TimeSpan Now => time.GetElapsedTime(_started);

    private readonly record struct Backoff(int Failures, TimeSpan Pause, TimeSpan Until);
}

using System.Net;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// The places of addresses that are being dialed. A peer and a network have only so many at once, and a place that becomes free goes to
/// the target that has the fewest, so that peers with many addresses that never answer do not hold up others.
/// </summary>
internal sealed class DialPlaces(ConnectionLimits limits)
{
    private readonly Lock _gate = new();
    private readonly NetworkCounts _networks = new(limits.DialsPerNetwork);
    private readonly Dictionary<object, int> _targets = [];

    /// <summary>In order of arrival.</summary>
    private readonly List<Waiter> _waiting = [];
    private int _taken;

    /// <summary>Places taken.</summary>
    internal int Taken { get { lock (_gate) { return _taken; } } }

    /// <summary>Addresses that wait for a place.</summary>
    internal int Waiting { get { lock (_gate) { return _waiting.Count; } } }

    /// <summary>Waits for a place; dispose it to give it back.</summary>
    /// <param name="target">The peer that is dialed, or whatever stands for it.</param>
    /// <param name="address">The address to dial.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<IDisposable> TakeAsync(object target, Multiaddr address, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(this, target, AddressNetworks.Of(address));
        lock (_gate)
        {
            _waiting.Add(waiter);
            Grant();
        }

        try
        {
            await waiter.Turn.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return waiter;
        }
        catch (OperationCanceledException)
        {
            waiter.Dispose();
            throw;
        }
    }

    private void Grant()
    {
        while (_taken < limits.MaxConcurrentDials && _waiting.Where(MayTake).MinBy(w => _targets.GetValueOrDefault(w.Target)) is { } next)
        {
            _waiting.Remove(next);
            _taken++;
            _targets[next.Target] = _targets.GetValueOrDefault(next.Target) + 1;
            _networks.Add(next.Networks);
            next.Turn.SetResult();
        }
    }

    private bool MayTake(Waiter waiter) =>
        _targets.GetValueOrDefault(waiter.Target) < limits.MaxConcurrentDialsPerPeer && _networks.FullOf(waiter.Networks) is null;

    private void Release(Waiter waiter)
    {
        lock (_gate)
        {
            if (_waiting.Remove(waiter) || waiter.IsReleased)
            {
                return;
            }

            waiter.IsReleased = true;
            _taken--;
            _networks.Remove(waiter.Networks);
            if (--_targets[waiter.Target] == 0)
            {
                _targets.Remove(waiter.Target);
            }

            Grant();
        }
    }

    private sealed class Waiter(DialPlaces places, object target, IReadOnlyList<IPNetwork> networks) : IDisposable
    {
        internal object Target => target;

        internal IReadOnlyList<IPNetwork> Networks => networks;

        internal bool IsReleased { get; set; }

        internal TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose() => places.Release(this);
    }
}

using System.Net;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// Lets handshakes begin at no more than the rates of <see cref="HandshakeLimits"/>. Those that may not begin yet wait, and the
/// network that has begun the fewest goes first, so that a flood from one network waits for itself and not everybody for it.
/// </summary>
internal sealed class HandshakeBudget : IDisposable
{
    private static readonly IPNetwork Everybody = new(IPAddress.Any, 0);

    private readonly Lock _gate = new();
    private readonly TokenBuckets _perIp;
    private readonly TokenBuckets _perNetwork;
    private readonly TokenBuckets _perBlock;
    private readonly TokenBuckets _total;
    private readonly ITimer _timer;

    /// <summary>In order of arrival. As many as there are places for connections being set up.</summary>
    private readonly List<Waiter> _waiting = [];

    internal HandshakeBudget(HandshakeLimits limits, TimeProvider time)
    {
        _perIp = new TokenBuckets(limits.PerIp, limits.PerIpBurst, time);
        _perNetwork = new TokenBuckets(limits.PerNetwork, limits.PerNetworkBurst, time);
        _perBlock = new TokenBuckets(limits.PerBlock, limits.PerBlockBurst, time);
        _total = new TokenBuckets(limits.Total, limits.TotalBurst, time);
        _timer = time.CreateTimer(_ => Begin(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Handshakes that wait.</summary>
    internal int Waiting { get { lock (_gate) { return _waiting.Count; } } }

    /// <summary>Completes when a handshake with an address in these networks, narrow to wide, may begin.</summary>
    internal async Task WaitAsync(IReadOnlyList<IPNetwork> networks, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(networks);
        lock (_gate)
        {
            _waiting.Add(waiter);
            Begin();
        }

        try
        {
            await waiter.Turn.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                _waiting.Remove(waiter);
            }

            throw;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Begin()
    {
        lock (_gate)
        {
            while (_total.LevelOf(Everybody) >= 1
                && _waiting.Where(w => WaitOf(w) == TimeSpan.Zero).MaxBy(LevelsOf) is { } next)
            {
                _waiting.Remove(next);
                _total.Take(Everybody);
                if (next.Networks is [var narrowest, .., var network, var block])
                {
                    _perIp.Take(narrowest);
                    _perNetwork.Take(network);
                    _perBlock.Take(block);
                }

                next.Turn.TrySetResult();
            }

            if (_waiting.Count > 0)
            {
                var soonest = _waiting.Min(WaitOf);
                var total = _total.WaitOf(Everybody);

                // A millisecond more, or rounding would wake for nothing.
                _timer.Change((soonest > total ? soonest : total) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Time until the networks of a waiter have tokens, whatever the total.</summary>
    private TimeSpan WaitOf(Waiter waiter)
    {
        if (waiter.Networks is not [var narrowest, .., var network, var block])
        {
            return TimeSpan.Zero;
        }

        TimeSpan[] waits = [_perIp.WaitOf(narrowest), _perNetwork.WaitOf(network), _perBlock.WaitOf(block)];
        return waits.Max();
    }

    /// <summary>What the networks of a waiter have left, the widest first: whoever has all addresses of a network has only that.</summary>
    private (double Block, double Network, double Ip) LevelsOf(Waiter waiter) => waiter.Networks is [var narrowest, .., var network, var block]
        ? (_perBlock.LevelOf(block), _perNetwork.LevelOf(network), _perIp.LevelOf(narrowest))
        : (double.MaxValue, double.MaxValue, double.MaxValue);

    private sealed record Waiter(IReadOnlyList<IPNetwork> Networks)
    {
        internal TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

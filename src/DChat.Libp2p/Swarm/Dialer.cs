using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// Tries the addresses of a peer, staggered, until one leads to it. The first connection that is set up wins; the
/// other attempts are cancelled.
/// </summary>
internal sealed class Dialer(
    Func<IReadOnlyList<ITransport>> transports, Upgrader upgrader, ConnectionLimits limits, IConnectionGater gater, IPeerFilter filter, TimeProvider time)
{
    private readonly DialBackoffs _backoffs = new(time);

    /// <summary>The places of addresses that are being dialed.</summary>
    internal DialPlaces Places { get; } = new(limits);

    /// <summary>Connects to <paramref name="expected"/>, or to whoever answers when it is null.</summary>
    /// <param name="expected">The peer.</param>
    /// <param name="addresses">Where it may be.</param>
    /// <param name="named">Those of them that are tried even if they failed a short while ago.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<PeerConnection> DialAsync(
        PeerId? expected, IEnumerable<Multiaddr> addresses, IReadOnlySet<Multiaddr> named, CancellationToken cancellationToken)
    {
        var candidates = Select(expected, addresses, named);
        using var race = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task<PeerConnection>>();
        var faults = new List<Exception>();
        var next = 0;
        try
        {
            while (true)
            {
                if (next < candidates.Count)
                {
                    running.Add(DialOneAsync(expected, candidates[next++], race.Token));
                }
                else if (running.Count == 0)
                {
                    throw Failed(expected, faults);
                }

                var done = await FirstOrStaggerAsync(running, more: next < candidates.Count, race.Token).ConfigureAwait(false);
                if (done is null)
                {
                    continue;
                }

                running.Remove(done);
                try
                {
                    return await done.ConfigureAwait(false);
                }
                catch (Libp2pException e)
                {
                    faults.Add(e);
                }
            }
        }
        finally
        {
            await race.CancelAsync().ConfigureAwait(false);
            await CloseLosersAsync(running).ConfigureAwait(false);
        }
    }

    /// <summary>An attempt that has ended, or null when it is time for the next address.</summary>
    private async Task<Task<PeerConnection>?> FirstOrStaggerAsync(List<Task<PeerConnection>> running, bool more, CancellationToken cancellationToken)
    {
        if (!more)
        {
            return await Task.WhenAny(running).ConfigureAwait(false);
        }

        using var stagger = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pause = Task.Delay(limits.DialStagger, time, stagger.Token);
        var first = await Task.WhenAny([pause, .. running]).ConfigureAwait(false);
        await stagger.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return first as Task<PeerConnection>;
    }

    private static async Task CloseLosersAsync(List<Task<PeerConnection>> running)
    {
        foreach (var attempt in running)
        {
            try
            {
                var connection = await attempt.ConfigureAwait(false);
                await connection.CloseAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is Libp2pException or OperationCanceledException)
            {
                // It lost anyway.
            }
        }
    }

    private static Libp2pException Failed(PeerId? expected, List<Exception> faults)
    {
        var target = expected?.ToString() ?? "the address";
        if (faults.Count == 1)
        {
            var only = (Libp2pException)faults[0];
            return new Libp2pException(only.Code, $"Dialing {target} failed: {only.Message}", only.IsTransient, only);
        }

        var all = string.Join(" ", faults.Select(f => f.Message));
        return new Libp2pException(Libp2pErrorCodes.DialFailed, $"All addresses of {target} failed: {all}", isTransient: true, new AggregateException(faults));
    }

    private IReadOnlyList<Multiaddr> Select(PeerId? expected, IEnumerable<Multiaddr> addresses, IReadOnlySet<Multiaddr> named)
    {
        IReadOnlyList<Multiaddr> ranked = AddressRanking.Share([.. AddressRanking.Rank(addresses).Where(a => transports().Any(t => t.Matches(a)))], limits.MaxAddressesPerDial);
        if (ranked.Count == 0)
        {
            throw new Libp2pException(Libp2pErrorCodes.NoAddress, $"No address is known for {expected?.ToString() ?? "the peer"} that a transport takes.");
        }

        IReadOnlyList<Multiaddr> allowed = [.. filter.SelectAddresses(expected, ranked).Where(a => gater.AllowDial(expected, a))];
        if (allowed.Count == 0)
        {
            throw new Libp2pException(Libp2pErrorCodes.Gated, $"No address of {expected?.ToString() ?? "the peer"} may be dialed.");
        }

        IReadOnlyList<Multiaddr> ready = [.. allowed.Where(a => named.Contains(a) || !_backoffs.IsBackingOff(expected, a))];
        return ready.Count > 0
            ? ready
            : throw new Libp2pException(
                Libp2pErrorCodes.DialBackoff, $"Every address of {expected?.ToString() ?? "the peer"} failed a short while ago.", isTransient: true);
    }

    private async Task<PeerConnection> DialOneAsync(PeerId? expected, Multiaddr address, CancellationToken cancellationToken)
    {
        using var place = await Places.TakeAsync((object?)expected ?? address, address, cancellationToken).ConfigureAwait(false);
        try
        {
            var transport = await ConnectAsync(expected, address, cancellationToken).ConfigureAwait(false);
            var connection = await upgrader.UpgradeAsync(transport, Direction.Outbound, expected, cancellationToken).ConfigureAwait(false);
            _backoffs.Succeeded(expected, address);
            return connection;
        }
        catch (Libp2pException)
        {
            _backoffs.Failed(expected, address);
            throw;
        }
    }

    private async Task<ITransportConnection> ConnectAsync(PeerId? expected, Multiaddr address, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limits.ConnectTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            // It may have been removed meanwhile.
            var transport = transports().FirstOrDefault(t => t.Matches(address))
                ?? throw new Libp2pException(Libp2pErrorCodes.NoAddress, $"No transport takes {address} any more.");

            // A relay has to be told whom to lead to.
            var target = expected is not null && address.IsRelayed ? address.WithPeer(expected) : address;
            return await transport.DialAsync(target, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new Libp2pException(Libp2pErrorCodes.TimedOut, $"{address} did not answer within {limits.ConnectTimeout}.", isTransient: true, e);
        }
    }
}

using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Names;
using DChat.Libp2p.Transports;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// Tries the addresses of a peer, staggered, until one leads to it. The first connection that is set up wins; the
/// other attempts are cancelled.
/// </summary>
internal sealed class Dialer(
    Func<IReadOnlyList<ITransport>> transports, Upgrader upgrader, ConnectionLimits limits, IConnectionGater gater, IPeerFilter filter, AddressResolver resolver,
    TimeProvider time, ILogger logger)
{
    private readonly DialBackoffs _backoffs = new(time);

    /// <summary>The places of addresses that are being dialed.</summary>
    internal DialPlaces Places { get; } = new(limits);

    /// <summary>Connects to <paramref name="expected"/>, or to whoever answers when it is null.</summary>
    /// <param name="expected">The peer.</param>
    /// <param name="addresses">Where it may be.</param>
    /// <param name="options">What is different about it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<PeerConnection> DialAsync(
        PeerId? expected, DialAddresses addresses, DialOptions options, CancellationToken cancellationToken)
    {
        using var race = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var lookups = new NameLookups(resolver, expected, time, race.Token);
        var candidates = new DialCandidates(expected, addresses, CanTake, limits, gater, filter, _backoffs);
        candidates.Begin(lookups);
        var running = new List<Task<PeerConnection>>();
        var pause = Task.CompletedTask;
        try
        {
            while (true)
            {
                if (pause.IsCompleted && candidates.TryTake(out var next))
                {
                    running.Add(DialOneAsync(expected, next, options, race.Token));
                    pause = Task.Delay(limits.DialStagger, time, race.Token);
                }
                else if (running.Count == 0 && lookups.Running.Count == 0)
                {
                    throw Failed(expected, candidates.Faults);
                }

                await Task.WhenAny([.. running, .. lookups.Running.Select(l => l.Found), .. candidates.Waiting > 0 ? [pause] : Array.Empty<Task>()]).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                while (lookups.TakeDone() is { } lookup)
                {
                    await candidates.AddAsync(lookup, lookups).ConfigureAwait(false);
                }

                if (running.Find(r => r.IsCompleted) is not { } done)
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
                    // The next need not wait for its turn.
                    candidates.Faults.Add(e);
                    pause = Task.CompletedTask;
                }
            }
        }
        finally
        {
            await race.CancelAsync().ConfigureAwait(false);
            await lookups.StopAsync().ConfigureAwait(false);
            await CloseLosersAsync(running).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a transport takes the address.</summary>
    internal bool CanTake(Multiaddr address) => Find(address) is not null;

    /// <summary>The transport for an address; null when none takes it. A transport may be someone else's code: one that fails does not.</summary>
    private ITransport? Find(Multiaddr address) => transports().FirstOrDefault(transport =>
    {
        try
        {
            return transport.Matches(address);
        }
        catch (Exception e)
        {
            logger.TransportFailed(e, address);
            return false;
        }
    });

    private static async Task CloseLosersAsync(List<Task<PeerConnection>> running)
    {
        foreach (var attempt in running)
        {
            try
            {
                var connection = await attempt.ConfigureAwait(false);
                await connection.CloseAsync().ConfigureAwait(false);
            }
            catch (Exception)
            {
                // It lost anyway.
            }
        }
    }

    private static Libp2pException Failed(PeerId? expected, List<Libp2pException> faults)
    {
        var target = expected?.ToString() ?? "the address";
        if (faults.Count == 1)
        {
            var only = faults[0];
            return new Libp2pException(only.Code, $"Dialing {target} failed: {only.Message}", only.IsTransient, only);
        }

        var all = string.Join(" ", faults.Select(f => f.Message));
        return new Libp2pException(Libp2pErrorCodes.DialFailed, $"All addresses of {target} failed: {all}", isTransient: true, new AggregateException(faults));
    }

    private async Task<PeerConnection> DialOneAsync(PeerId? expected, Multiaddr address, DialOptions options, CancellationToken cancellationToken)
    {
        using var place = await Places.TakeAsync((object?)expected ?? address, address, cancellationToken).ConfigureAwait(false);
        try
        {
            var transport = await ConnectAsync(expected, address, options, cancellationToken).ConfigureAwait(false);
            var connection = await upgrader.UpgradeAsync(transport, Direction.Outbound, expected, begins: !options.ActsAsListener, cancellationToken).ConfigureAwait(false);
            _backoffs.Succeeded(expected, address);
            return connection;
        }
        catch (Libp2pException)
        {
            _backoffs.Failed(expected, address);
            throw;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A bug in someone else's transport costs its address, not the race.
            logger.TransportFailed(e, address);
            _backoffs.Failed(expected, address);
            throw new Libp2pException(Libp2pErrorCodes.DialFailed, $"{address}: {e.Message}", isTransient: true, e);
        }
    }

    private async Task<ITransportConnection> ConnectAsync(PeerId? expected, Multiaddr address, DialOptions options, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limits.ConnectTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            // It may have been removed meanwhile.
            var transport = Find(address)
                ?? throw new Libp2pException(Libp2pErrorCodes.NoAddress, $"No transport takes {address} any more.");

            // A relay has to be told whom to lead to.
            var target = expected is not null && address.IsRelayed ? address.WithPeer(expected) : address;
            return options.FromFreePort
                ? await transport.DialFromFreePortAsync(target, both.Token).ConfigureAwait(false)
                : await transport.DialAsync(target, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new Libp2pException(Libp2pErrorCodes.TimedOut, $"{address} did not answer within {limits.ConnectTimeout}.", isTransient: true, e);
        }
    }
}

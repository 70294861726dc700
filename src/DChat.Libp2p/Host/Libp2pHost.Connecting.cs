using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Host;

/// <content>Dialing, and what happens to every connection.</content>
public sealed partial class Libp2pHost
{
    private readonly Lock _dialGate = new();
    private readonly Dictionary<(PeerId Peer, bool IsDirect), PendingDial> _dials = [];

    /// <summary>A connection to a peer: one that is open, or a new one to an address the peer store knows.</summary>
    /// <exception cref="Libp2pException">No address is known, or none led to the peer.</exception>
    public Task<PeerConnection> ConnectAsync(PeerId peer, CancellationToken cancellationToken = default) => ConnectAsync(peer, [], cancellationToken);

    /// <summary>
    /// A connection to a peer: one that is open, or a new one to the given addresses and those the peer store knows. Of the latter, those
    /// that failed a short while ago are passed over.
    /// </summary>
    /// <exception cref="Libp2pException">No address is known, or none led to the peer.</exception>
    public Task<PeerConnection> ConnectAsync(PeerId peer, IEnumerable<Multiaddr> addresses, CancellationToken cancellationToken = default) =>
        ConnectAsync(peer, addresses, DialOptions.Default, cancellationToken);

    /// <inheritdoc/>
    public async Task<PeerConnection> ConnectAsync(
        PeerId peer, IEnumerable<Multiaddr> addresses, DialOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        if ((options.NoDial || !options.ForceNew) && _table.Find(peer, options.ForceDirect) is { } open)
        {
            return open;
        }

        if (options.NoDial)
        {
            throw new Libp2pException(Libp2pErrorCodes.NotConnected, $"{peer} is not connected{(options.ForceDirect ? " directly" : "")}.", isTransient: true);
        }

        if (peer.Equals(LocalPeer))
        {
            throw new Libp2pException(Libp2pErrorCodes.DialFailed, "A host does not dial itself.");
        }

        // Whoever has given up before begins no dial: it could succeed before it is given up.
        cancellationToken.ThrowIfCancellationRequested();
        if (options.OnlyNamed)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
            return await RunDial(peer, Gather(Given(addresses, options), [], options), options, either.Token).ConfigureAwait(false);
        }

        var dial = JoinDial(peer, addresses, options);
        try
        {
            return await dial.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            LeaveDial((peer, options.ForceDirect), dial);
        }
    }

    /// <summary>A connection to the peer that <paramref name="address"/> names, or to whoever answers there when it names nobody.</summary>
    /// <exception cref="Libp2pException">Nobody answers, or not the named peer (<see cref="Libp2pErrorCodes.PeerMismatch"/>).</exception>
    public Task<PeerConnection> ConnectAsync(Multiaddr address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        return address.Peer is { } peer ? ConnectAsync(peer, [address], cancellationToken) : ConnectToAnyoneAsync(address, cancellationToken);
    }

    private async Task<PeerConnection> ConnectToAnyoneAsync(Multiaddr address, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        var addresses = new Dictionary<Multiaddr, AddressClass> { [address] = AddressClass.Loopback };
        return await RunDial(null, new DialAddresses(addresses, new HashSet<Multiaddr> { address }, new HashSet<Multiaddr>()), DialOptions.Default, either.Token).ConfigureAwait(false);
    }

    /// <summary>Dials on the thread pool, as work that the host waits for when it stops.</summary>
    private Task<PeerConnection> RunDial(PeerId? peer, DialAddresses addresses, DialOptions options, CancellationToken cancellationToken)
    {
        var dial = Task.Run(() => DialAsync(peer, addresses, options, cancellationToken), CancellationToken.None);
        _tasks.Track(() => dial.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default));
        return dial;
    }

    /// <summary>
    /// Callers that want the same peer share one dial; it is given up when the last of them gives up. A caller who knows
    /// an address that the dial does not try starts another.
    /// </summary>
    private PendingDial JoinDial(PeerId peer, IEnumerable<Multiaddr> addresses, DialOptions options)
    {
        var given = Given(addresses, options);
        var known = Peers.Find(peer)?.Sources ?? [];
        lock (_dialGate)
        {
            var target = (peer, options.ForceDirect);
            if (!_dials.TryGetValue(target, out var dial) || !dial.Tries(given, known, options))
            {
                var wanted = Gather(given, known, options);
                var cancel = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                _dials[target] = dial = new PendingDial(RunDial(peer, wanted, options, cancel.Token), wanted, cancel);
            }

            dial.Waiters++;
            return dial;
        }
    }

    /// <summary>The addresses of a call that may be dialed: what others told may not lead into this machine.</summary>
    private static Multiaddr[] Given(IEnumerable<Multiaddr> addresses, DialOptions options) =>
    [
        .. addresses.Select(a => a.WithoutPeer())
            .Where(a => !options.ForceDirect || !a.IsRelayed)
            .Where(a => options.Teller == AddressClass.Loopback || AddressClasses.IsShared(options.Teller, AddressClasses.Of(a))),
    ];

    private static DialAddresses Gather(IReadOnlyList<Multiaddr> given, IReadOnlyList<PeerAddress> known, DialOptions options)
    {
        var all = given.Select(a => (Address: a, options.Teller))
            .Concat(known.Where(s => !options.ForceDirect || !s.Address.IsRelayed).Select(s => (s.Address, s.Teller)))
            .DistinctBy(a => a.Address)
            .ToDictionary(a => a.Address, a => a.Teller);
        IEnumerable<Multiaddr> named = options.ForceNew ? all.Keys : given;
        return new DialAddresses(all, named.ToHashSet(), known.Where(s => s.Source == AddressSource.Vouched).Select(s => s.Address).ToHashSet());
    }

    private void LeaveDial((PeerId Peer, bool IsDirect) target, PendingDial dial)
    {
        lock (_dialGate)
        {
            if (--dial.Waiters > 0)
            {
                return;
            }

            if (_dials.GetValueOrDefault(target) == dial)
            {
                _dials.Remove(target);
            }
        }

        if (!dial.Task.IsCompleted)
        {
            dial.Cancel.Cancel();
        }

        dial.Cancel.Dispose();
    }

    private async Task<PeerConnection> DialAsync(PeerId? peer, DialAddresses addresses, DialOptions options, CancellationToken cancellationToken)
    {
        using var activity = Libp2pInstruments.Activities.StartActivity("dchat.libp2p.dial");
        var started = Time.GetTimestamp();
        try
        {
            var connection = await _dialer.DialAsync(peer, addresses, options, cancellationToken).ConfigureAwait(false);
            await AddAsync(connection).ConfigureAwait(false);
            _instruments.Dialed("ok", Time.GetElapsedTime(started));
            return connection;
        }
        catch (Libp2pException e)
        {
            activity?.SetStatus(System.Diagnostics.ActivityStatusCode.Error, e.Code);
            _instruments.Dialed(e.Code, Time.GetElapsedTime(started));
            _feed.Publish(new PeerEvent.DialFailed(peer, e));
            throw;
        }
    }

    /// <summary>Takes on a connection that is set up, or closes it and says why not.</summary>
    private async Task AddAsync(PeerConnection connection)
    {
        var refusal = connection.RemotePeer.Equals(LocalPeer) ? Libp2pErrorCodes.DialFailed
            : !_refused.AllowConnection(connection.RemotePeer, connection.Direction, connection.RemoteAddress) ? Libp2pErrorCodes.Gated
            : null;
        if (refusal is null)
        {
            refusal = _table.Add(connection, out var evicted);
            Close(evicted, "limit");
        }

        if (refusal is not null)
        {
            await connection.CloseAsync().ConfigureAwait(false);
            var code = refusal is Libp2pErrorCodes.Gated or Libp2pErrorCodes.DialFailed ? refusal : Libp2pErrorCodes.LimitReached;
            throw new Libp2pException(code, $"The connection with {connection.RemotePeer} was refused: {refusal}.", isTransient: code == Libp2pErrorCodes.LimitReached);
        }

        Store.Connected(connection);
        _instruments.ConnectionOpened(connection.Direction);
        _logger.ConnectionOpened(connection.Direction, connection.RemotePeer, connection.RemoteAddress);
        Close(_table.Trim(), "trim");
        connection.Muxed.Start();
        _tasks.Run(() => RunAsync(connection));
        if (_stopping.IsCancellationRequested)
        {
            // Stopping has taken its list of connections already.
            await connection.CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Closes connections that have lost their places, without waiting for it.</summary>
    private void Close(IReadOnlyList<PeerConnection> evicted, string reason)
    {
        foreach (var connection in evicted)
        {
            _instruments.ConnectionEvicted(reason);
            _tasks.Run(connection.CloseAsync);
        }
    }

    private async Task RunAsync(PeerConnection connection)
    {
        _tasks.Run(() => _identify.IdentifyAsync(connection, _stopping.Token));
        await _router.RunAsync(connection, _tasks, _stopping.Token).ConfigureAwait(false);
        var reason = await connection.Closed.ConfigureAwait(false);
        _table.Remove(connection, reason);
        Store.Disconnected(connection.RemotePeer);
        _instruments.ConnectionClosed(connection.Direction);
        _logger.ConnectionClosed(connection.RemotePeer, connection.RemoteAddress, reason);
    }

    /// <summary>Reports what a peer told, unless its connection has ended: nothing about a connection comes after its end.</summary>
    private void PublishIdentified(PeerEvent occurred)
    {
        var connection = occurred switch
        {
            PeerEvent.Identified identified => identified.Connection,
            PeerEvent.IdentifyFailed failed => failed.Connection,
            _ => throw new ArgumentException("Identify reports only of itself.", nameof(occurred)),
        };
        _table.WhileHeld(connection, () => _feed.Publish(occurred));
    }

    private sealed class PendingDial(Task<PeerConnection> task, DialAddresses addresses, CancellationTokenSource cancel)
    {
        internal Task<PeerConnection> Task => task;

        internal CancellationTokenSource Cancel => cancel;

        internal int Waiters { get; set; }

        /// <summary>Whether it tries all of these addresses, and lets names lead as far. Makes nothing: most who ask join.</summary>
        internal bool Tries(IReadOnlyList<Multiaddr> given, IReadOnlyList<PeerAddress> known, DialOptions options)
        {
            foreach (var address in given)
            {
                if (!addresses.Named.Contains(address) || !Reaches(address, options.Teller))
                {
                    return false;
                }
            }

            foreach (var source in known)
            {
                var isWanted = (!options.ForceDirect || !source.Address.IsRelayed) && !given.Contains(source.Address);
                if (isWanted && (!Reaches(source.Address, source.Teller) || (options.ForceNew && !addresses.Named.Contains(source.Address))))
                {
                    return false;
                }
            }

            return true;
        }

        private bool Reaches(Multiaddr address, AddressClass wanted) =>
            addresses.Tellers.TryGetValue(address, out var teller) && (teller == wanted || teller == AddressClass.Loopback);
    }
}

using System.Net;
using System.Net.NetworkInformation;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Peers;

/// <summary>The host's <see cref="IAddressManager"/>.</summary>
internal sealed class AddressManager : IAddressManager, IDisposable
{
    /// <summary>The most addresses that a peer is told: identify messages stay under the 4 KiB that every implementation takes.</summary>
    internal const int MaxTold = 16;

    /// <summary>
    /// The most addresses that can be confirmed, the most that can be refuted for a time, and the most that can be announced at run time.
    /// Beyond them, the oldest goes.
    /// </summary>
    internal const int MaxConfirmed = 16;

    private static readonly AddressClass[] Classes = [AddressClass.Loopback, AddressClass.Private, AddressClass.Public];

    private readonly Lock _gate = new();
    private readonly IReadOnlyList<Multiaddr> _configured;
    private readonly Func<IReadOnlyList<Multiaddr>> _listening;
    private readonly Func<IReadOnlyList<IPAddress>> _interfaces;
    private readonly Action _changed;
    private readonly SteadyClock _clock;
    private readonly ObservedAddresses _observed;
    private readonly List<Multiaddr> _announced = [];
    private readonly OrderedDictionary<Multiaddr, DateTimeOffset> _confirmed = [];
    private readonly OrderedDictionary<Multiaddr, DateTimeOffset> _refuted = [];
    private IReadOnlyList<Multiaddr>[] _told = [[], [], []];
    private IReadOnlyList<IPAddress> _known = [];
    private bool _isKnown;
    private bool _watching;

    /// <summary>A manager for one host.</summary>
    /// <param name="configured">What to announce instead of what is found; nothing when empty.</param>
    /// <param name="listening">Where the host listens.</param>
    /// <param name="interfaces">The addresses of this machine.</param>
    /// <param name="changed">Called when what is told has changed.</param>
    /// <param name="time">The clock.</param>
    internal AddressManager(
        IReadOnlyList<Multiaddr> configured, Func<IReadOnlyList<Multiaddr>> listening, Func<IReadOnlyList<IPAddress>> interfaces, Action changed, TimeProvider time)
    {
        (_configured, _listening, _interfaces, _changed, _clock) = (configured, listening, interfaces, changed, SteadyClock.Of(time));
        _observed = new ObservedAddresses(time);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Multiaddr> Listening { get { lock (_gate) { return ExpandListening(); } } }

    /// <inheritdoc/>
    public IReadOnlyList<Multiaddr> Announced { get { lock (_gate) { return [.. _configured, .. _announced]; } } }

    /// <inheritdoc/>
    public IReadOnlyList<Multiaddr> Observed { get { lock (_gate) { return _observed.Agreed; } } }

    /// <inheritdoc/>
    public IReadOnlyList<Multiaddr> Candidates
    {
        get
        {
            lock (_gate)
            {
                // One observer's port is its own business; the host is where it listens.
                var listening = _listening();
                return [.. _observed.Inexact.SelectMany(seen => listening.Where(l => !l.IsRelayed && IsSameFamily(l, seen)).Select(l => l.WithHost(seen.Components[0]))).Distinct().Take(MaxTold)];
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Multiaddr> Confirmed { get { lock (_gate) { return ReadConfirmed(); } } }

    /// <inheritdoc/>
    public IReadOnlyList<Multiaddr> ToldTo(AddressClass peer)
    {
        lock (_gate)
        {
            return Tell(peer);
        }
    }

    /// <inheritdoc/>
    public void Announce(Multiaddr address) => Change(() =>
    {
        ArgumentNullException.ThrowIfNull(address);
        _announced.Remove(address.WithoutPeer());
        _announced.Add(address.WithoutPeer());
        if (_announced.Count > MaxConfirmed)
        {
            _announced.RemoveAt(0);
        }
    });

    /// <inheritdoc/>
    public bool Withdraw(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var was = false;
        Change(() => was = _announced.Remove(address.WithoutPeer()));
        return was;
    }

    /// <inheritdoc/>
    public void Confirm(Multiaddr address, TimeSpan lifetime)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        Change(() =>
        {
            _refuted.Remove(address.WithoutPeer());
            Note(_confirmed, address.WithoutPeer(), lifetime);
        });
    }

    /// <inheritdoc/>
    public void Refute(Multiaddr address, TimeSpan lifetime)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        Change(() =>
        {
            _confirmed.Remove(address.WithoutPeer());
            _observed.Remove(address.WithoutPeer());
            Note(_refuted, address.WithoutPeer(), lifetime);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _watching = true;
        }

        NetworkChange.NetworkAddressChanged -= OnNetworkChange;
    }

    /// <summary>The addresses of this machine's interfaces that are up.</summary>
    internal static IReadOnlyList<IPAddress> OfMachine() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address),
    ];

    /// <summary>
    /// Takes in where a peer sees this host. Only public peers that see a public address count. What is seen on a
    /// connection to where the host listens is where others can reach it too; on one that this host dialed from another
    /// port, only the IP address says something.
    /// </summary>
    internal void Observe(PeerConnection connection, Multiaddr observed) => Observe(
        connection.RemoteAddress, connection.LocalAddress.WithoutPeer(), connection.Direction, observed.WithoutPeer(), () => connection.IsUsable);

    internal void Observe(Multiaddr remote, Multiaddr local, Direction direction, Multiaddr observed, Func<bool> isOpen)
    {
        if (AddressClasses.OfTeller(remote) != AddressClass.Public || observed.IsRelayed || AddressNetworks.Of(observed).Count == 0
            || AddressClasses.Of(observed) != AddressClass.Public || AddressNetworks.Of(remote) is not [.., var network, _])
        {
            return;
        }

        Change(() =>
        {
            var isExact = ExpandListening().Contains(local);
            if (isExact || direction == Direction.Outbound)
            {
                _observed.Add(network, observed, isExact, isOpen);
            }
        });
    }

    /// <summary>Looks again at what is told; for when where the host listens has changed.</summary>
    internal void Refresh() => Change(() => _isKnown = false);

    private void OnNetworkChange(object? sender, EventArgs e) => Refresh();

    private static bool IsSameFamily(Multiaddr listening, Multiaddr seen) => listening.Components[0].Protocol == seen.Components[0].Protocol;

    private void Change(Action change)
    {
        bool differs;
        lock (_gate)
        {
            change();
            var told = Array.ConvertAll(Classes, Tell);
            differs = !told.Zip(_told).All(pair => pair.First.SequenceEqual(pair.Second));
            _told = told;
        }

        if (differs)
        {
            _changed();
        }
    }

    private IReadOnlyList<Multiaddr> Tell(AddressClass peer)
    {
        // What an operator configures is told as it stands: it may be meant for a network of its own.
        // Who listens through a relay wants to be reached there all the same.
        var found = _configured.Count > 0 ? _listening().Where(a => a.IsRelayed) : ReadConfirmed().Concat(_observed.Agreed).Concat(ExpandListening());
        return
        [
            .. _configured.Concat(_announced)
                .Concat(found.Where(a => !IsRefuted(a) && AddressClasses.IsShared(peer, AddressClasses.Of(a))))
                .Distinct()
                .Take(MaxTold),
        ];
    }

    private bool IsRefuted(Multiaddr address) => _refuted.TryGetValue(address, out var until) && until > _clock.UtcNow;

    /// <summary>Notes an address for a time, in place of the oldest when there are too many.</summary>
    private void Note(OrderedDictionary<Multiaddr, DateTimeOffset> addresses, Multiaddr address, TimeSpan lifetime)
    {
        addresses.Remove(address);
        addresses[address] = _clock.UtcNow + lifetime;
        if (addresses.Count > MaxConfirmed)
        {
            addresses.RemoveAt(0);
        }
    }

    private IReadOnlyList<Multiaddr> ReadConfirmed()
    {
        var now = _clock.UtcNow;
        return [.. _confirmed.Where(c => c.Value > now).Select(c => c.Key)];
    }

    private IReadOnlyList<Multiaddr> ExpandListening() => [.. _listening().SelectMany(Expand).Distinct()];

    private IEnumerable<Multiaddr> Expand(Multiaddr listening)
    {
        var host = listening.Components[0];
        if ((host.Protocol != MultiaddrProtocol.Ip4 && host.Protocol != MultiaddrProtocol.Ip6) || host.Value.Span.ContainsAnyExcept((byte)0))
        {
            return [listening];
        }

        // A link-local address of IPv6 means nothing without the interface.
        if (!_watching)
        {
            NetworkChange.NetworkAddressChanged += OnNetworkChange;
            _watching = true;
        }

        return Known()
            .Where(ip => ip.GetAddressBytes().Length == host.Value.Length && !ip.IsIPv6LinkLocal)
            .Select(ip => listening.WithHost(new MultiaddrComponent(host.Protocol, ip.GetAddressBytes())));
    }

    /// <summary>The addresses of the interfaces; those from before while the system cannot list them, which is asked again the next time.</summary>
    private IReadOnlyList<IPAddress> Known()
    {
        if (!_isKnown)
        {
            try
            {
                (_known, _isKnown) = (_interfaces(), true);
            }
            catch (Exception e) when (e is NetworkInformationException or IOException)
            {
                // Out of file descriptors, say. The system calls this when an address changes, and what it is thrown ends the process.
            }
        }

        return _known;
    }
}

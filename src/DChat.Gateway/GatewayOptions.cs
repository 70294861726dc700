using System.Net;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Transports.Tcp;

namespace DChat.Gateway;

/// <summary>How an edge gateway meets peers. Section <c>DChat:Libp2p</c>.</summary>
[OptionSection("DChat:Libp2p")]
public sealed class GatewayOptions
{
    /// <summary>The most connections that can be configured.</summary>
    public const int MaxMaxConnections = PeerSetUpdate.MaxPeersOfGateway;

    /// <summary>The most <see cref="RelayPeers"/>.</summary>
    public const int MaxRelayPeers = 1024;

    /// <summary>The most addresses of <see cref="Bootstrap"/>.</summary>
    public const int MaxBootstrap = 64;

    /// <summary>The most <see cref="RelayConnections"/>.</summary>
    public const int MaxRelayConnections = 256;

    /// <summary>The most <see cref="DirectPeers"/>.</summary>
    public const int MaxDirectPeers = 64;

    /// <summary>The most <see cref="CircuitRelays"/>.</summary>
    public const int MaxCircuitRelays = AutoRelayOptions.MaxRelays;

    /// <summary>The most reservations and circuits that can be configured.</summary>
    public const int MaxMaxCircuits = 65_536;

    /// <summary>The most <see cref="TrustedProxies"/>.</summary>
    public const int MaxTrustedProxies = 64;

    /// <summary>
    /// Where to listen: multiaddrs of TCP and WebSocket with commas between. Default <c>/ip4/127.0.0.1/tcp/4001</c>. It may be empty when
    /// there are <see cref="CircuitRelays"/>.
    /// </summary>
    [Option("where an edge meets chat peers; port 0 takes a free one; empty only with DChat:Libp2p:CircuitRelays", Form = "TCP and WebSocket multiaddrs such as /ip4/127.0.0.1/tcp/4001 or /ip4/127.0.0.1/tcp/8081/ws, with commas between", Switch = "--listen")]
    public string Listen { get; set; } = "/ip4/127.0.0.1/tcp/4001";

    /// <summary>
    /// The addresses to tell peers instead, when a proxy or port mapping stands before the gateway: multiaddrs with commas
    /// between, at most <see cref="Libp2pOptions.MaxAnnouncedAddresses"/>. Default: none, which means those listened on.
    /// </summary>
    [Option("what an edge tells peers instead of where it listens, when a proxy or port mapping stands before it", Form = "at most 16 multiaddrs with commas between", Switch = "--announce", Default = "none")]
    public string Announce { get; set; } = "";

    /// <summary>
    /// Gateways of this or other relays through which others are found: multiaddrs that end with <c>/p2p</c>, with commas
    /// between, at most <see cref="MaxBootstrap"/>. Default: none; then the gateway waits to be found.
    /// </summary>
    [Option("gateways through which an edge finds those of other relays", Form = "at most 64 multiaddrs that end with /p2p and the peer's id, with commas between", Switch = "--bootstrap", Default = "none")]
    public string Bootstrap { get; set; } = "";

    /// <summary>
    /// Whether the gateway keeps a part of the network's DHT for others. Default <see cref="KademliaMode.Server"/>: a gateway is there to
    /// be reached. <see cref="KademliaMode.Client"/> for one that others cannot reach, <see cref="KademliaMode.Auto"/> to find out.
    /// </summary>
    [Option("whether an edge keeps a part of the DHT for others (Server), only asks (Client), or finds out whether it can be reached (Auto)")]
    public KademliaMode DhtMode { get; set; } = KademliaMode.Server;

    /// <summary>Gateways of other relays that connections are kept to, as far as the DHT knows so many. Default 8; 0 to <see cref="MaxRelayConnections"/>; 0 searches for none.</summary>
    [Option("connections that are kept to gateways of other relays, found in the DHT; 0 searches for none", Min = 0, Max = MaxRelayConnections)]
    public int RelayConnections { get; set; } = 8;

    /// <summary>
    /// Circuit relays (circuit relay v2) at which the gateway keeps reservations, so that it is reached through them when nobody can dial it:
    /// multiaddrs that end with <c>/p2p</c>, with commas between, the preferred first, at most <see cref="MaxCircuitRelays"/>. Other
    /// gateways are such relays. Default: none.
    /// </summary>
    [Option("circuit relays through which an edge that nobody can dial is reached, such as gateways of others; two are used at once", Form = "at most 64 multiaddrs that end with /p2p and the peer's id, with commas between", Switch = "--circuit-relay", Default = "none")]
    public string CircuitRelays { get; set; } = "";

    /// <summary>
    /// Whether the gateway is a circuit relay for others: peers that nobody can dial reserve at it and are reached through it.
    /// Default yes.
    /// </summary>
    [Option("whether an edge leads connections to peers that nobody can dial (circuit relay v2)", Form = "true or false", Default = "true")]
    public bool ServeCircuits { get; set; } = true;

    /// <summary>Peers that may have a reservation at the gateway. Default 128; 1 to <see cref="MaxMaxCircuits"/>.</summary>
    [Option("peers that have a reservation at an edge to be reached through it", Min = 1, Max = MaxMaxCircuits)]
    public int MaxCircuitReservations { get; set; } = 128;

    /// <summary>Reservations of one IPv4 address or IPv6 /64. Default 8; 1 to <see cref="MaxMaxCircuits"/>.</summary>
    [Option("reservations of one IPv4 address or IPv6 /64", Min = 1, Max = MaxMaxCircuits)]
    public int MaxCircuitReservationsPerNetwork { get; set; } = 8;

    /// <summary>Circuits open at once. Default 256; 1 to <see cref="MaxMaxCircuits"/>.</summary>
    [Option("circuits that are open through an edge at once; one peer has at most 16 of them", Min = 1, Max = MaxMaxCircuits)]
    public int MaxCircuits { get; set; } = 256;

    /// <summary>How long a circuit lasts; then it is reset. Default 2 min; 1 s to 1 day.</summary>
    [Option("how long a circuit through an edge lasts", Min = "00:00:01", Max = "1.00:00:00")]
    public TimeSpan CircuitDuration { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Bytes that a circuit carries in each direction; then it is reset. Default 128 KiB; 1 KiB to 1 GiB.</summary>
    [Option("what a circuit through an edge carries in each direction", Min = 1024L, Max = 1L << 30, Unit = "bytes")]
    public long CircuitBytes { get; set; } = 128 * 1024;

    /// <summary>
    /// Whether the gateway asks others if they reach it, and tells others the same (AutoNAT v2). When nobody reaches it, it reserves at
    /// circuit relays that it finds among its peers. Default yes.
    /// </summary>
    [Option("whether an edge finds out if others reach it, and helps others to (AutoNAT v2); when nobody does it reserves at circuit relays that it finds", Form = "true or false", Default = "true")]
    public bool AutoNat { get; set; } = true;

    /// <summary>
    /// Whether the gateway looks for direct connections to peers that come through a circuit relay (DCUtR). It answers those that do in any
    /// case. Default yes.
    /// </summary>
    [Option("whether an edge looks for direct connections to peers that come through a circuit relay (DCUtR)", Form = "true or false", Default = "true")]
    public bool HolePunching { get; set; } = true;

    /// <summary>
    /// Whether the gateway dials from the port that it listens on, which hole punching between two NATs needs
    /// (<see cref="TcpTransport.DialsFromListenPort"/>). A second process of the same user that listens on the same port is then not told
    /// that it is taken. Default no: <see cref="HolePunching"/> then only has the side that can be dialed be dialed.
    /// </summary>
    [Option("whether an edge dials from the port that it listens on, without which hole punching only turns connections around; a second process at that port then goes unnoticed", Form = "true or false", Default = "false")]
    public bool DialFromListenPort { get; set; }

    /// <summary>
    /// The networks of proxies and load balancers before the gateway, in CIDR form with commas between, at most
    /// <see cref="MaxTrustedProxies"/>. They are believed when they tell whose connection they bring: by the PROXY protocol when
    /// <see cref="ProxyProtocol"/> is on, else on WebSocket by <c>X-Forwarded-For</c>. Default: none, which means that nobody is.
    /// </summary>
    [Option("networks of the proxies before an edge, which are believed when they tell a peer's address", Form = "at most 64 networks such as 10.0.0.0/8, with commas between", Default = "none")]
    public string TrustedProxies { get; set; } = "";

    /// <summary>
    /// Whether every connection begins with a header of the PROXY protocol. Connections that do not come from
    /// <see cref="TrustedProxies"/> are then refused. Default no.
    /// </summary>
    [Option("whether the trusted proxies begin each connection with a header of the PROXY protocol; others are then refused", Form = "true or false; true needs DChat:Libp2p:TrustedProxies", Default = "false")]
    public bool ProxyProtocol { get; set; }

    /// <summary>Connections with peers. Default 1,024; 8 to <see cref="MaxMaxConnections"/>.</summary>
    [Option("connections with peers; seven eighths of them may be inbound", Min = 8, Max = MaxMaxConnections)]
    public int MaxConnections { get; set; } = 1024;

    /// <summary>Connections from one IPv4 address or IPv6 /64. Default 64; 1 to <see cref="MaxMaxConnections"/>.</summary>
    [Option("connections from one IPv4 address or IPv6 /64", Min = 1, Max = MaxMaxConnections)]
    public int MaxConnectionsPerIp { get; set; } = 64;

    /// <summary>
    /// The PeerIds of other relays' gateways that the operator vouches for, with commas between, at most
    /// <see cref="MaxRelayPeers"/>. They may bring more than devices (<see cref="DChat.Core.Admission.AdmissionOptions.RelayFactor"/>).
    /// Default: none.
    /// </summary>
    [Option("gateways of other relays that the operator vouches for; they may bring more than devices", Form = "at most 1024 PeerIds with commas between", Default = "none")]
    public string RelayPeers { get; set; } = "";

    /// <summary>
    /// Gateways with which every message is exchanged whatever the mesh and scores say, such as the operator's other relays:
    /// multiaddrs that end with <c>/p2p</c>, with commas between, at most <see cref="MaxDirectPeers"/>. They must name this gateway
    /// too. Default: none.
    /// </summary>
    [Option("gateways with which an edge exchanges every message, such as the operator's other relays; they must name it too", Form = "at most 64 multiaddrs that end with /p2p and the peer's id, with commas between", Default = "none")]
    public string DirectPeers { get; set; } = "";

    /// <summary>
    /// Whether the gateway connects to peers that <see cref="RelayPeers"/> and others of good score tell it of when they prune it from
    /// a mesh. Default yes. It tells nobody of its peers.
    /// </summary>
    [Option("whether an edge connects to the peers that relays it trusts tell it of", Form = "true or false", Default = "true")]
    public bool PeerExchange { get; set; } = true;

    /// <summary>
    /// Bytes of pushed envelopes, of all peers together, that may be read or wait for the disk; beyond it the gateway reads
    /// no further. One network, an IPv4 address or IPv6 /64, has at most half of it. Default 128 MiB; 8 MiB to 4 GiB.
    /// </summary>
    [Option("pushed messages of all peers that may be read or wait for the disk; one network has at most half of it", Min = 8L << 20, Max = 4L << 30, Unit = "bytes")]
    public long MaxPushBytes { get; set; } = 128 << 20;

    /// <summary>
    /// Bytes of gossiped envelopes that may wait for the disk; beyond it they are gossiped on but not kept here. One network
    /// has at most half of it. Default 64 MiB; 1 MiB to 4 GiB.
    /// </summary>
    [Option("gossiped messages that may wait for the disk, half of them of one network; others are gossiped on but not kept", Min = 1L << 20, Max = 4L << 30, Unit = "bytes")]
    public long MaxGossipBytes { get; set; } = 64 << 20;

    /// <summary>How long a stopping gateway waits for pushes under way and for what gossip accepted. Default 5 s; 0 to 5 min.</summary>
    [Option("how long a stopping edge waits for pushes under way and to keep what gossip accepted", Min = "00:00:00", Max = "00:05:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names option and range.</exception>
    public void Validate()
    {
        OptionRules.Check(this);
        OptionRules.Require(
            TryParse(CircuitRelays) is { Count: <= MaxCircuitRelays } relays && relays.All(AutoRelayOptions.IsRelay), this, nameof(CircuitRelays));
        OptionRules.Require(TryParse(Listen) is { } listen && (listen.Count > 0 || TryParse(CircuitRelays)!.Count > 0), this, nameof(Listen));
        OptionRules.Require(TryParse(Announce) is { Count: <= Libp2pOptions.MaxAnnouncedAddresses }, this, nameof(Announce));
        OptionRules.Require(
            TryParse(Bootstrap) is { Count: <= MaxBootstrap } bootstrap && bootstrap.All(address => address.Peer is not null), this, nameof(Bootstrap));
        OptionRules.Require(
            TryParse(DirectPeers) is { Count: <= MaxDirectPeers } direct && direct.All(address => address.Peer is not null), this, nameof(DirectPeers));
        OptionRules.Require(Enum.IsDefined(DhtMode), this, nameof(DhtMode));
        OptionRules.Require(TryParseNetworks(TrustedProxies) is { Count: <= MaxTrustedProxies }, this, nameof(TrustedProxies));
        OptionRules.Require(!ProxyProtocol || TryParseNetworks(TrustedProxies)!.Count > 0, this, nameof(ProxyProtocol));
        OptionRules.Require(TryParsePeers(RelayPeers) is { Count: <= MaxRelayPeers }, this, nameof(RelayPeers));
    }

    /// <summary><see cref="Listen"/>, parsed; none when it cannot be.</summary>
    public IReadOnlyList<Multiaddr> ListenAddresses => TryParse(Listen) ?? [];

    /// <summary>The addresses of a list with commas between; null when one of them is not a multiaddr.</summary>
    internal static IReadOnlyList<Multiaddr>? TryParse(string list)
    {
        List<Multiaddr> addresses = [];
        foreach (var text in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Multiaddr.TryParse(text, out var address))
            {
                return null;
            }

            addresses.Add(address);
        }

        return addresses;
    }

    /// <summary>The networks of a list with commas between; null when one of them is none.</summary>
    internal static IReadOnlyList<IPNetwork>? TryParseNetworks(string list)
    {
        List<IPNetwork> networks = [];
        foreach (var text in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!IPNetwork.TryParse(text, out var network))
            {
                return null;
            }

            networks.Add(network);
        }

        return networks;
    }

    /// <summary>The PeerIds of a list with commas between; null when one of them is none.</summary>
    internal static IReadOnlyList<PeerId>? TryParsePeers(string list)
    {
        List<PeerId> peers = [];
        foreach (var text in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!PeerId.TryParse(text, out var peer))
            {
                return null;
            }

            peers.Add(peer);
        }

        return peers;
    }
}

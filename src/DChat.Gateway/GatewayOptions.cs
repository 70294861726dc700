using DChat.Core;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Primitives;

namespace DChat.Gateway;

/// <summary>How an edge gateway meets peers. Section <c>DChat:Libp2p</c>.</summary>
public sealed class GatewayOptions
{
    /// <summary>The most connections that can be configured.</summary>
    public const int MaxMaxConnections = 65_536;

    /// <summary>The most <see cref="RelayPeers"/>.</summary>
    public const int MaxRelayPeers = 1024;

    /// <summary>Where to listen: multiaddrs with commas between. Default <c>/ip4/127.0.0.1/tcp/4001</c>.</summary>
    public string Listen { get; set; } = "/ip4/127.0.0.1/tcp/4001";

    /// <summary>
    /// The addresses to tell peers instead, when a proxy or port mapping stands before the gateway: multiaddrs with commas
    /// between, at most <see cref="Libp2pOptions.MaxAnnouncedAddresses"/>. Default: none, which means those listened on.
    /// </summary>
    public string Announce { get; set; } = "";

    /// <summary>Connections with peers. Default 1,024; 8 to <see cref="MaxMaxConnections"/>.</summary>
    public int MaxConnections { get; set; } = 1024;

    /// <summary>Connections from one IPv4 address or IPv6 /64. Default 64; 1 to <see cref="MaxMaxConnections"/>.</summary>
    public int MaxConnectionsPerIp { get; set; } = 64;

    /// <summary>
    /// The PeerIds of other relays' gateways that the operator vouches for, with commas between, at most
    /// <see cref="MaxRelayPeers"/>. They may bring more than devices (<see cref="DChat.Core.Admission.AdmissionOptions.RelayFactor"/>).
    /// Default: none.
    /// </summary>
    public string RelayPeers { get; set; } = "";

    /// <summary>
    /// Bytes of pushed envelopes, of all peers together, that may be read or wait for the disk; beyond it the gateway reads
    /// no further. One network, an IPv4 address or IPv6 /64, has at most half of it. Default 128 MiB; 8 MiB to 4 GiB.
    /// </summary>
    public long MaxPushBytes { get; set; } = 128 << 20;

    /// <summary>
    /// Bytes of gossiped envelopes that may wait for the disk; beyond it they are gossiped on but not kept here. One network
    /// has at most half of it. Default 64 MiB; 1 MiB to 4 GiB.
    /// </summary>
    public long MaxGossipBytes { get; set; } = 64 << 20;

    /// <summary>How long a stopping gateway waits for pushes under way and for what gossip accepted. Default 5 s; 0 to 5 min.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names option and range.</exception>
    public void Validate()
    {
        const long MiB = 1 << 20;
        OptionRange.Require(
            TryParse(Listen) is { Count: > 0 }, nameof(Listen), $"'{Listen}'", "multiaddrs such as /ip4/127.0.0.1/tcp/4001, with commas between");
        OptionRange.Require(
            TryParse(Announce) is { Count: <= Libp2pOptions.MaxAnnouncedAddresses },
            nameof(Announce),
            $"'{Announce}'",
            $"at most {Libp2pOptions.MaxAnnouncedAddresses} multiaddrs with commas between");
        OptionRange.Require(
            TryParsePeers(RelayPeers) is { Count: <= MaxRelayPeers },
            nameof(RelayPeers),
            $"'{RelayPeers}'",
            $"at most {MaxRelayPeers} PeerIds with commas between");
        OptionRange.Check(nameof(MaxConnections), MaxConnections, 8, MaxMaxConnections);
        OptionRange.Check(nameof(MaxConnectionsPerIp), MaxConnectionsPerIp, 1, MaxMaxConnections);
        OptionRange.Check(nameof(MaxPushBytes), MaxPushBytes, 8 * MiB, 4096 * MiB);
        OptionRange.Check(nameof(MaxGossipBytes), MaxGossipBytes, MiB, 4096 * MiB);
        OptionRange.Check(nameof(DrainTimeout), DrainTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }

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

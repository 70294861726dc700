using System.Reflection;
using System.Text;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Names;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Resources;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Transports.Tcp;
using DChat.Libp2p.Transports.WebSocket;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Host;

/// <summary>How a host is set up. Read once, when the host is made.</summary>
public sealed class Libp2pOptions
{
    /// <summary>The most addresses that may be announced: identify messages stay under the 4 KiB that every implementation takes.</summary>
    public const int MaxAnnouncedAddresses = AddressManager.MaxTold;

    /// <summary>The longest <see cref="AgentVersion"/> and <see cref="ProtocolVersion"/>, in bytes of UTF-8.</summary>
    public const int MaxVersionLength = 256;

    private static readonly string DefaultAgent = AgentOf(typeof(Libp2pOptions).Assembly.GetName());

    /// <summary>The identity; a new one for each host when null.</summary>
    public PrivateKey? Identity { get; set; }

    /// <summary>Where to listen, such as <c>/ip4/127.0.0.1/tcp/4001</c>; port 0 takes a free one. Default: nowhere.</summary>
    public IList<Multiaddr> ListenAddresses { get; } = [];

    /// <summary>
    /// The addresses to tell peers, instead of those that <see cref="IAddressManager"/> finds: what a proxy or port mapping
    /// shows to the outside. Everybody is told all of them, and those through relays that the host listens by. At most
    /// <see cref="MaxAnnouncedAddresses"/>. Default: none.
    /// </summary>
    public IList<Multiaddr> AnnounceAddresses { get; } = [];

    /// <summary>The transports, tried in order; after them, relays. Default: TCP, then WebSocket.</summary>
    public IList<ITransport> Transports { get; } = [new TcpTransport(), new WebSocketTransport()];

    /// <summary>
    /// What the host calls itself: put your application's name before the default, which is this assembly's name and version, such as
    /// <c>DChat.Libp2p/0.1.0</c>. Hosts that say so spare each other a wait when a stream is ended at once, which other libraries need.
    /// </summary>
    public string AgentVersion { get; set; } = DefaultAgent;

    /// <summary>The family of protocols it belongs to. Default <c>ipfs/0.1.0</c>, as every libp2p says.</summary>
    public string ProtocolVersion { get; set; } = "ipfs/0.1.0";

    /// <summary>Whether to serve <c>/perf/1.0.0</c>. Default no: it sends whoever asks as much as they ask for.</summary>
    public bool ServePerf { get; set; }

    /// <summary>Who may connect. Default: everyone.</summary>
    public IConnectionGater Gater { get; set; } = new Permissive();

    /// <summary>Which peers and addresses to use. Default: all, nearest first.</summary>
    public IPeerFilter PeerFilter { get; set; } = new Permissive();

    /// <summary>What finds the addresses of <c>/dns</c>, <c>/dns4</c>, <c>/dns6</c> and <c>/dnsaddr</c>. Default: DNS, as the system is set up.</summary>
    public INameResolver NameResolver { get; set; } = new DnsNameResolver();

    /// <summary>
    /// Streams of a protocol that this side may have open to a peer, by protocol id, at least 1 each. For protocols
    /// this host only asks for; where it is not set, the limit given with the protocol's handler counts, or else
    /// <see cref="ProtocolLimits.Default"/>. The peer has limits of its own. Default: none.
    /// </summary>
    public IDictionary<string, int> OutboundStreams { get; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>
    /// Further protocols that this host may open over a connection that a relay lends and soon ends. Those that it serves
    /// say so by <see cref="ProtocolLimits.OnLimited"/>. Default: none.
    /// </summary>
    public ISet<string> LimitedProtocols { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Limits and times of connections.</summary>
    public ConnectionLimits Connections { get; } = new();

    /// <summary>How many peers are remembered, and where.</summary>
    public PeerStoreLimits PeerStore { get; } = new();

    /// <summary>When connections are trimmed; not used when <see cref="ConnectionManager"/> is set.</summary>
    public ConnectionManagerOptions Trimming { get; } = new();

    /// <summary>What says which connections are kept. Default: a <see cref="Swarm.ConnectionManager"/> with <see cref="Trimming"/>.</summary>
    public IConnectionManager? ConnectionManager { get; set; }

    /// <summary>How much is held for peers; not used when <see cref="ResourceManager"/> is set.</summary>
    public ResourceLimits Resources { get; } = new();

    /// <summary>What counts that. Default: a <see cref="DChat.Libp2p.Resources.ResourceManager"/> with <see cref="Resources"/> and <see cref="Connections"/>.</summary>
    public IResourceManager? ResourceManager { get; set; }

    /// <summary>Limits and times within a connection.</summary>
    public YamuxOptions Yamux { get; } = new();

    /// <summary>What is wrong, one sentence each; empty when all is well.</summary>
    internal IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        foreach (var address in ListenAddresses.Where(a => !Transports.Any(t => t.Matches(a)) && CircuitTransport.RelayOf(a, out _) is null))
        {
            faults.Add($"{nameof(ListenAddresses)}: no transport takes {address}.");
        }

        if (AnnounceAddresses.Count > MaxAnnouncedAddresses)
        {
            faults.Add($"{nameof(AnnounceAddresses)} must be at most {MaxAnnouncedAddresses}.");
        }

        if (new[] { AgentVersion, ProtocolVersion }.Any(v => v is null || Encoding.UTF8.GetByteCount(v) > MaxVersionLength))
        {
            faults.Add($"{nameof(AgentVersion)} and {nameof(ProtocolVersion)} must be at most {MaxVersionLength} bytes.");
        }

        if (OutboundStreams.Any(limit => limit.Value < 1))
        {
            faults.Add($"{nameof(OutboundStreams)} must be at least 1 for each protocol.");
        }

        if (Gater is null || PeerFilter is null || NameResolver is null)
        {
            faults.Add($"{nameof(Gater)}, {nameof(PeerFilter)} and {nameof(NameResolver)} must not be null.");
        }

        faults.AddRange(Connections.Validate().Select(f => $"{nameof(Connections)}.{f}"));
        faults.AddRange(PeerStore.Validate().Select(f => $"{nameof(PeerStore)}.{f}"));
        faults.AddRange(Trimming.Validate().Select(f => $"{nameof(Trimming)}.{f}"));
        faults.AddRange(Resources.Validate().Select(f => $"{nameof(Resources)}.{f}"));
        faults.AddRange(Yamux.Validate().Select(f => $"{nameof(Yamux)}.{f}"));
        return faults;
    }

    private static string AgentOf(AssemblyName library) => $"{library.Name}/{library.Version?.ToString(3)}";

    private sealed class Permissive : IConnectionGater, IPeerFilter;
}

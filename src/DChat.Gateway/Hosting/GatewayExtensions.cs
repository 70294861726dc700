using System.Buffers.Binary;
using System.Security.Cryptography;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Hosting;
using DChat.Abstractions.Streams;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Gateway.Admission;
using DChat.Gateway.Discovery;
using DChat.Gateway.Fetch;
using DChat.Gateway.Gossip;
using DChat.Gateway.Peers;
using DChat.Gateway.Push;
using DChat.Libp2p.Host;
using DChat.Libp2p.Hosting;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.AutoNat;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Scoring;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Transports.Tcp;
using DChat.Libp2p.Transports.WebSocket;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Hosting;

/// <summary>Makes a silo an edge gateway.</summary>
public static class GatewayExtensions
{
    /// <summary>What a gateway is called in identify, before its version, its relay and the library.</summary>
    public const string Agent = "dchat-orleans";

    private const int MaxStreams = 64;
    private const int MaxWindow = 1024 * 1024;
    private const int MaxWindowGrowth = 4 * 1024 * 1024;
    private const int MeshSize = 100;
    private const int MaxMesh = 1000;
    private const int MaxQueuedBytes = 4 * 1024 * 1024;
    private const int NetworksToConfirm = 2;
    private const int NetworksToRefute = 4;

    /// <summary>
    /// Adds the libp2p host, gossip, <c>/dchat/push/1</c> and <c>/dchat/fetch/1</c>. The silo must also have DChat's grains
    /// and <see cref="IShardFeeds"/>. Call it after the silo is added, so that the gateway starts after it and stops
    /// before it. <see cref="GatewayOptions"/> and, for what they leave open, <see cref="Libp2pOptions"/> and
    /// <see cref="GossipsubOptions"/> can be configured; a value out of range stops the silo at its start.
    /// </summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="identity">Who the gateway is; called once.</param>
    /// <param name="version">The version told to peers.</param>
    public static IServiceCollection AddDChatGateway(
        this IServiceCollection services, Func<IServiceProvider, GatewayIdentity> identity, string version)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(identity);
        services.AddValidatedOptions<GatewayOptions>(options => options.Validate());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(identity);
        services.TryAddSingleton<PeerSources>();
        services.TryAddSingleton(provider => new ForgeryWatch(
            peer => RefuseAsync(provider.GetRequiredService<Libp2pHost>(), provider.GetRequiredService<IOptions<GossipsubOptions>>().Value.Score, peer),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ForgeryWatch>>()));
        services.TryAddSingleton<ShardAppenders>();
        services.TryAddSingleton<GossipIntake>();
        services.TryAddSingleton<GossipBridge>();
        services.TryAddSingleton<PushProtocol>();
        services.TryAddSingleton<FetchProtocol>();
        services.TryAddSingleton<IReportReceiver, ClusterReportReceiver>();
        services.TryAddSingleton(CreateView);
        services.TryAddSingleton(CreateReporter);
        services.TryAddSingleton(provider => new GatewayService(
            provider.GetRequiredService<Libp2pHost>(),
            provider.GetRequiredService<Gossipsub>(),
            provider.GetRequiredService<GossipBridge>(),
            provider.GetRequiredService<GossipIntake>(),
            provider.GetRequiredService<PushProtocol>(),
            provider.GetRequiredService<PeerReporter>(),
            provider.GetRequiredService<RelayDiscovery>(),
            provider.GetRequiredService<AutoRelay>(),
            provider.GetRequiredService<ReachabilityWatch>(),
            provider.GetRequiredService<IOptions<GatewayOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<GatewayService>>()));

        services.TryAddSingleton<GatewayAnnouncer>();
        services.TryAddSingleton<RelayDiscovery>();
        services.TryAddSingleton(CreateWatch);
        services.TryAddSingleton<IGatewayPort, GatewayPort>();

        // Hosted services start in this order: gossip and its bridge are there before the host listens.
        services.AddGossipsub(ConfigureGossip);
        services.AddHostedService<GatewayLifetime>();
        services.AddStreamHandler(PushProtocol.Id, provider => provider.GetRequiredService<PushProtocol>().ServeAsync, PushLimits.Streams);
        services.AddStreamHandler(FetchProtocol.Id, provider => provider.GetRequiredService<FetchProtocol>().ServeAsync, FetchLimits.Streams);
        services.AddLibp2p((options, provider) => ConfigureHost(options, provider, version));
        services.AddCircuitRelay(ConfigureCircuits);
        services.AddAutoNat(ConfigureAutoNat);
        services.AddDcutr((options, provider) => options.Initiates = provider.GetRequiredService<IOptions<GatewayOptions>>().Value.HolePunching);
        return services.AddKademlia(ConfigureDht);
    }

    private static void ConfigureHost(Libp2pOptions options, IServiceProvider services, string version)
    {
        var gateway = services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        var identity = services.GetRequiredService<GatewayIdentity>();
        options.Identity = PrivateKey.FromSeed(identity.Seed.Span);
        options.PeerStore.Path = identity.PeerFile;
        options.AgentVersion = $"{Agent}/{version} relay/{identity.Relay} {options.AgentVersion}";
        foreach (var address in GatewayOptions.TryParse(gateway.Listen)!)
        {
            options.ListenAddresses.Add(address);
        }

        foreach (var address in GatewayOptions.TryParse(gateway.Announce)!)
        {
            options.AnnounceAddresses.Add(address);
        }

        ConfigureTransports(options, gateway);

        // Inbound connections have seven eighths of the places. The rest is for connections that the gateway opens itself.
        options.Connections.MaxConnections = gateway.MaxConnections;
        options.Connections.MaxInbound = gateway.MaxConnections - (gateway.MaxConnections / 8);
        options.Connections.InboundPerNetwork.SetPerIp(gateway.MaxConnectionsPerIp);

        // Trimming begins and ends in the same proportion to the limit as by default; everyone behind one address, and everybody
        // together, can come back at once after a restart.
        options.Trimming.HighWater = gateway.MaxConnections * 15 / 16;
        options.Trimming.LowWater = gateway.MaxConnections * 13 / 16;
        options.Connections.Handshakes.PerIpBurst = Math.Max(options.Connections.Handshakes.PerIpBurst, gateway.MaxConnectionsPerIp);
        options.Connections.Handshakes.PerNetworkBurst = Math.Max(options.Connections.Handshakes.PerNetworkBurst, 4 * gateway.MaxConnectionsPerIp);
        options.Connections.Handshakes.TotalBurst = Math.Max(options.Connections.Handshakes.TotalBurst, gateway.MaxConnections);

        // These bound the memory that one connection takes. Chat needs few streams and small windows.
        options.Yamux.MaxInboundStreams = MaxStreams;
        options.Yamux.MaxWindow = MaxWindow;
        options.Yamux.MaxWindowGrowth = MaxWindowGrowth;
    }

    /// <summary>
    /// Gateways are few and their votes with them, two for each relay: what a host on the open network waits for would never come. Nobody
    /// can say falsely that he reached an address, and one wrongly found unreachable is led through relays as well.
    /// </summary>
    private static void ConfigureAutoNat(AutoNatOptions options, IServiceProvider services)
    {
        options.Asks = options.Serves = services.GetRequiredService<IOptions<GatewayOptions>>().Value.AutoNat;
        (options.NetworksToConfirm, options.NetworksToRefute) = (NetworksToConfirm, NetworksToRefute);
    }

    private static void ConfigureDht(KademliaOptions options, IServiceProvider services)
    {
        var gateway = services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        var network = services.GetRequiredService<IOptions<NetworkOptions>>().Value;
        options.Prefix = ProtocolIds.DhtPrefix;
        options.Mode = gateway.DhtMode;
        options.Validators[GatewayRecordValidator.Namespace] = new GatewayRecordValidator(network.Network, services.GetRequiredService<TimeProvider>());
        foreach (var address in GatewayOptions.TryParse(gateway.Bootstrap)!)
        {
            options.Bootstrap.Add(address);
        }
    }

    private static void ConfigureCircuits(CircuitOptions options, IServiceProvider services)
    {
        var gateway = services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        options.Relay.Serves = gateway.ServeCircuits;
        options.Relay.MaxReservations = gateway.MaxCircuitReservations;
        options.Relay.MaxReservationsPerNetwork = gateway.MaxCircuitReservationsPerNetwork;
        options.Relay.MaxCircuits = gateway.MaxCircuits;
        options.Relay.CircuitDuration = gateway.CircuitDuration;
        options.Relay.CircuitBytes = gateway.CircuitBytes;
        foreach (var address in GatewayOptions.TryParse(gateway.CircuitRelays)!)
        {
            options.AutoRelay.Relays.Add(address);
        }
    }

    private static void ConfigureTransports(Libp2pOptions options, GatewayOptions gateway)
    {
        var web = new WebSocketOptions();
        web.Proxies.UseProxyProtocol = gateway.ProxyProtocol;
        foreach (var network in GatewayOptions.TryParseNetworks(gateway.TrustedProxies)!)
        {
            web.Proxies.TrustedNetworks.Add(network);
        }

        for (var i = 0; i < options.Transports.Count; i++)
        {
            options.Transports[i] = options.Transports[i] switch
            {
                TcpTransport => new TcpTransport(web.Proxies) { DialsFromListenPort = gateway.DialFromListenPort },
                WebSocketTransport => new WebSocketTransport(web),
                var other => other,
            };
        }
    }

    internal static void ConfigureGossip(GossipsubOptions options, IServiceProvider services)
    {
        var network = services.GetRequiredService<IOptions<NetworkOptions>>().Value;

        // Peers of a gateway often know nobody but it: whoever asks is taken into the mesh, or it would hear of messages only
        // a heartbeat later.
        options.MeshSize = MeshSize;
        options.MeshHigh = MaxMesh;

        // A message may be deferred because of who brought it: its other copies must not have been declined before.
        options.IdontwantMinSize = int.MaxValue;
        options.TopicFilter = topic => GossipTopics.TryParse(network, topic) is not null;
        var gateway = services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        options.Limits.MaxPeers = gateway.MaxConnections;
        options.Limits.MaxTopicsPerPeer = network.ShardCount;
        options.Limits.MaxQueuedBytes = MaxQueuedBytes;
        GossipScores.Configure(options.Score, services.GetRequiredService<PeerSources>().IsVouched);
        foreach (var proxies in GatewayOptions.TryParseNetworks(gateway.TrustedProxies)!)
        {
            // Whoever comes through one that does not tell whose connection it brings has its address.
            options.Score.ColocationExempt.Add(proxies);
        }

        options.AcceptsExchangeOf = gateway.PeerExchange ? null : _ => false;
        foreach (var address in GatewayOptions.TryParse(gateway.DirectPeers)!)
        {
            options.DirectPeers.Add(address);
        }
    }

    /// <summary>Closes a forger and takes it on no more for a while; ids cost nothing, so that it counts in its networks too.</summary>
    private static async Task<bool> RefuseAsync(Libp2pHost host, PeerScoreOptions scores, PeerId peer)
    {
        var connections = host.ConnectionsTo(peer);
        var networks = RefusalNetworks.Of(connections.Select(connection => connection.RemoteAddress), [.. scores.ColocationExempt]);
        await host.RefuseAsync(peer, scores.RefusalTime, networks).ConfigureAwait(false);
        return connections.Count > 0;
    }

    private static ReachabilityWatch CreateWatch(IServiceProvider services)
    {
        var gateway = services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        var nat = services.GetRequiredService<AutoNat>();
        var (relays, circuits, dht) = (services.GetRequiredService<AutoRelay>(), services.GetRequiredService<CircuitRelayService>(), services.GetRequiredService<KademliaDht>());
        return new ReachabilityWatch(
            () => nat.Addresses,
            isHidden =>
            {
                relays.SetFinding(isHidden);
                circuits.SetServing(!isHidden && gateway.ServeCircuits);
                dht.SetServing(!isHidden && gateway.DhtMode != KademliaMode.Client);
            },
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<ReachabilityWatch>>());
    }

    private static LivePeerView CreateView(IServiceProvider services)
    {
        var gossipsub = services.GetRequiredService<Gossipsub>();
        var wishes = gossipsub.WatchSubscriptions();
        return new LivePeerView(
            services.GetRequiredService<Libp2pHost>(),
            () => wishes.TryRead(out var wish) ? wish : null,
            gossipsub.DescribePeers,
            services.GetRequiredService<IOptions<NetworkOptions>>().Value,
            services.GetRequiredService<IOptions<GatewayOptions>>().Value,
            services.GetRequiredService<ILocalSiloDetails>().Name,
            services.GetRequiredService<GatewayIdentity>().Relay.ToString(),
            firstNumber: BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(long))) >>> 2,
            services.GetRequiredService<TimeProvider>());
    }

    private static PeerReporter CreateReporter(IServiceProvider services)
    {
        var view = services.GetRequiredService<LivePeerView>();
        return new PeerReporter(
            view.Look,
            view.Peers,
            view.Gateway,
            services.GetRequiredService<IReportReceiver>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<PeerReporter>>());
    }
}

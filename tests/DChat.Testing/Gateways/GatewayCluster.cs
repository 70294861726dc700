using System.Security.Cryptography;
using System.Text;
using DChat.Core.Keys;
using DChat.Core.Relays;
using DChat.Core.Statements;
using DChat.Core.Topics;
using DChat.Feeds.Hosting;
using DChat.Gateway;
using DChat.Gateway.Hosting;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports.Memory;
using DChat.Testing.Clusters;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Testing.Gateways;

/// <summary>A test cluster whose silos are all gateways, with peers that reach them without sockets.</summary>
public sealed class GatewayCluster : IAsyncDisposable
{
    private readonly MemoryTransport _transport;
    private readonly List<Libp2pHost> _peers = [];

    private GatewayCluster(TestCluster cluster, MemoryTransport transport)
    {
        Cluster = cluster;
        _transport = transport;
    }

    /// <summary>The relay that every gateway speaks for.</summary>
    public static SigningKey Relay { get; } = SigningKey.FromSeed(SHA256.HashData("relay"u8));

    /// <summary>What <see cref="Relay"/> names.</summary>
    public static RelayId RelayId { get; } = new(Relay.PublicKey);

    public TestCluster Cluster { get; }

    /// <param name="silos">How many silos to start.</param>
    /// <param name="configure">Configures every silo.</param>
    /// <param name="time">The clock of every silo, as in <see cref="TestCluster.StartAsync"/>.</param>
    /// <param name="transport">By which peers reach its gateways; clusters that share one reach each other.</param>
    /// <param name="name">Tells it from others on the same transport.</param>
    public static async Task<GatewayCluster> StartAsync(
        short silos = 1, Action<ISiloBuilder>? configure = null, FakeTimeProvider? time = null, MemoryTransport? transport = null, string name = "")
    {
        transport ??= new MemoryTransport();
        void Configure(ISiloBuilder silo)
        {
            silo.Services.AddShardFeeds();
            silo.Services.AddOptions<GatewayOptions>().Configure<ILocalSiloDetails>((options, local) => options.Listen = $"/memory/{name}{local.Name}");
            silo.Services.Configure<Libp2pOptions>(options => options.Transports.Add(transport));
            silo.Services.AddDChatGateway(services => Identity(name + services.GetRequiredService<ILocalSiloDetails>().Name), "test");
            configure?.Invoke(silo);
        }

        var cluster = await TestCluster.StartAsync(silos, Configure, time: time);
        return new GatewayCluster(cluster, transport);
    }

    /// <summary>Where a gateway is reached, with its PeerId; known before it starts.</summary>
    public static string AddressOf(string name, int silo = 0)
    {
        var seed = SHA256.HashData(Encoding.UTF8.GetBytes($"{name}Silo_{silo}"));
        return $"/memory/{name}Silo_{silo}/p2p/{PrivateKey.FromSeed(seed).PublicKey.Peer}";
    }

    /// <summary>The gateway of a silo.</summary>
    public GatewayService Gateway(int silo = 0) => Services(silo).GetRequiredService<GatewayService>();

    /// <summary>The services of a silo.</summary>
    public IServiceProvider Services(int silo = 0) => Cluster.Orleans.Silos[silo].ServiceProvider;

    /// <summary>A new peer, connected to a gateway and identified with it.</summary>
    public async Task<(Libp2pHost Host, PeerConnection Connection)> ConnectAsync(int silo, CancellationToken cancellationToken)
    {
        var options = new Libp2pOptions { Identity = PrivateKey.Generate() };
        options.Transports.Clear();
        options.Transports.Add(_transport);
        var host = new Libp2pHost(options);
        lock (_peers)
        {
            _peers.Add(host);
        }

        return (host, await host.ConnectAsync(Gateway(silo).Addresses[0], cancellationToken));
    }

    /// <summary>A new peer that pushes to a gateway.</summary>
    public async Task<PushPeer> PushAsync(int silo, CancellationToken cancellationToken)
    {
        var (host, connection) = await ConnectAsync(silo, cancellationToken);
        return await PushPeer.OpenAsync(host, connection, TimeProvider.System, cancellationToken);
    }

    /// <summary>A new peer that fetches from a gateway.</summary>
    public async Task<FetchPeer> FetchAsync(int silo, CancellationToken cancellationToken)
    {
        var (host, connection) = await ConnectAsync(silo, cancellationToken);
        return await FetchPeer.OpenAsync(host, connection, cancellationToken);
    }

    /// <summary>A new peer that takes part in a shard's topic and is in the gateway's mesh: it misses nothing from now on.</summary>
    public async Task<GossipPeer> JoinAsync(int silo, ShardId shard, CancellationToken cancellationToken)
    {
        var (host, _) = await ConnectAsync(silo, cancellationToken);
        var peer = await GossipPeer.StartAsync(host, [shard], cancellationToken);
        var gateway = Services(silo).GetRequiredService<Gossipsub>();
        while (!gateway.MeshOf(peer.Topic).Contains(host.LocalPeer))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return peer;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var peer in _peers)
        {
            await peer.DisposeAsync();
        }

        await Cluster.DisposeAsync();
    }

    private static GatewayIdentity Identity(string silo)
    {
        var seed = SHA256.HashData(Encoding.UTF8.GetBytes(silo));
        using var key = SigningKey.FromSeed(seed);
        var delegation = new GatewayDelegation
        {
            Relay = RelayId,
            Gateway = key.PublicKey,
            NotBefore = DateTimeOffset.UnixEpoch,
            NotAfter = DateTimeOffset.UnixEpoch.AddYears(200),
        };
        var signed = Signed<GatewayDelegation>.Sign(TestCluster.Network.Network, delegation, Relay);
        return new GatewayIdentity(RelayId, seed, () => signed);
    }
}

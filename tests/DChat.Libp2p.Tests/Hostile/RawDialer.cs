using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Noise;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Someone at an IP address who keeps to no limit of a host: opens sockets, and connections under ever new identities.</summary>
internal sealed class RawDialer(SimulatedInternet internet, string ip)
{
    private readonly ITransport _transport = internet.At(ip);

    /// <summary>A socket that says nothing.</summary>
    public async Task<ITransportConnection> OpenAsync(Multiaddr target) =>
        await _transport.DialAsync(target, TestContext.Current.CancellationToken);

    /// <summary>A connection of a new peer. It does what the protocols want and nothing more.</summary>
    public async Task<PeerConnection> ConnectAsync(Multiaddr target)
    {
        using var key = PrivateKey.Generate();
        using var security = new NoiseSecurity(key, Upgrader.Muxers);
        var upgrader = new Upgrader(security, new ConnectionLimits(), new YamuxOptions(), TimeProvider.System);
        var connection = await upgrader.UpgradeAsync(await OpenAsync(target), Direction.Outbound, null, TestContext.Current.CancellationToken);
        connection.Muxed.Start();
        return connection;
    }
}

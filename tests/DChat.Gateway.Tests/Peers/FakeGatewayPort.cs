using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;

namespace DChat.Gateway.Tests.Peers;

/// <summary>A gateway that answers always the same, and knows no peer but "peer".</summary>
internal sealed class FakeGatewayPort : IGatewayPort
{
    private static readonly RelayGatewayDescription Relay = new(
        "peer", new string('a', 64), ["/ip4/192.0.2.1/tcp/4001"], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(2), isConnected: true);

    public static DhtDescription Dht { get; } = new(
        "asked", "/dchat/kad/1.0.0", isServing: true, isReady: true, [new DhtPeerDescription("peer", 3, TimeSpan.FromSeconds(5), 1, ["192.0.2.0/24"])], [Relay]);

    public static DhtFinding Finding { get; } = new("peer", ["/ip4/192.0.2.1/tcp/4001"], Relay);

    public static CircuitRelayDescription CircuitRelay { get; } = new("/ip4/192.0.2.1/tcp/4001/p2p/peer", "waiting", isNamed: true)
    {
        RetryAt = DateTimeOffset.UnixEpoch,
        Fault = "it refused",
        Expires = DateTimeOffset.UnixEpoch.AddHours(1),
        Duration = TimeSpan.FromMinutes(2),
        Bytes = 1024,
    };

    public static CircuitDescription Circuits { get; } = new(
        "asked",
        isServing: true,
        new CircuitLimitsDescription(128, 8, 256, 16, TimeSpan.FromMinutes(2), 131_072),
        [new CircuitReservationDescription("peer", DateTimeOffset.UnixEpoch, 2, 3)],
        circuits: 4,
        bytes: 5,
        [new CircuitRequestCount("reserve", "ok", 6)],
        [CircuitRelay],
        [new GatewayAddressDescription("/ip4/192.0.2.1/tcp/4001", "reachable", 2, 1, DateTimeOffset.UnixEpoch)]);

    public static SyncDescription Sync { get; } = new("gateway", [new SyncPartnerDescription("peer-b", "/ip4/192.0.2.7/tcp/4001/p2p/peer-b", IsRunning: true)], Served: 4);

    public Task<DhtDescription> DescribeDhtAsync() => Task.FromResult(Dht);

    public Task<DhtFinding?> FindPeerAsync(string peerId) => Task.FromResult(peerId == "peer" ? Finding : null);

    public Task<CircuitDescription> DescribeCircuitsAsync() => Task.FromResult(Circuits);

    public Task<CircuitRelayDescription?> ReserveCircuitAsync(string relay) => Task.FromResult(relay == CircuitRelay.Address ? CircuitRelay : null);

    public Task<bool> ReleaseCircuitAsync(string peerId) => Task.FromResult(peerId == "peer");

    public Task<SyncDescription> DescribeSyncAsync() => Task.FromResult(Sync);

    public Task<bool> BeginSyncAsync(string? partner) => Task.FromResult(partner is null or "peer-b");
}

using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Client;
using DChat.Client.Hosting;
using DChat.Core.Topics;
using DChat.Gateway.Peers;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Testing.Gateways;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Gateway.Tests.Peers;

/// <summary>Two gateways with real peers, seen through the SDK. Time stands still but for what the tests let pass.</summary>
public sealed class GatewayPeersTests : IAsyncLifetime
{
    private const int AsksPerTick = 50;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private GatewayCluster _gateways = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IDChatOperator Cluster => _gateways.Services(1).GetRequiredService<IDChatOperator>();

    public async ValueTask InitializeAsync() =>
        _gateways = await GatewayCluster.StartAsync(silos: 2, silo => silo.Services.AddDChatClient(), _time);

    public ValueTask DisposeAsync() => _gateways.DisposeAsync();

    [Fact]
    public async Task Every_gateway_of_the_cluster_is_listed_until_it_stops()
    {
        var gateways = await UntilAsync(() => Cluster.ListGatewaysAsync(Token), listed => listed.Count == 2);

        Assert.Equal(
            Enumerable.Range(0, 2).Select(silo => Describe(PeerOf(silo), silo)).Order(),
            gateways.Select(gateway => $"{gateway.PeerId} {gateway.Silo} {gateway.Relay} {string.Join(' ', gateway.Addresses)} {gateway.PeerCount}"));

        await _gateways.Services(1).GetRequiredService<PeerReporter>().DisposeAsync();
        Assert.DoesNotContain(PeerOf(1).ToString(), (await Cluster.ListGatewaysAsync(Token)).Select(gateway => gateway.PeerId));
    }

    [Fact]
    public async Task A_peer_is_described_by_the_gateway_it_is_connected_to_with_the_shards_it_wants()
    {
        var host = _gateways.Services(0).GetRequiredService<Libp2pHost>();
        using var events = host.Subscribe();
        using var wishes = _gateways.Services(0).GetRequiredService<Gossipsub>().WatchSubscriptions();
        var connectedSince = _time.GetUtcNow();
        var (peerHost, connection) = await _gateways.ConnectAsync(0, Token);
        await using var peer = await GossipPeer.StartAsync(peerHost, [new ShardId(3), new ShardId(9)], Token);
        await foreach (var happened in events.WithCancellation(Token))
        {
            if (happened is PeerEvent.Identified)
            {
                break;
            }
        }

        var wanted = 0;
        await foreach (var _ in wishes.WithCancellation(Token))
        {
            if (++wanted == 2)
            {
                break;
            }
        }

        var report = await ReportAfterATickAsync(0);

        Assert.Equal((1, 1), (report.TotalPeers, report.Gateway.PeerCount));
        var described = Assert.Single(report.Peers);
        Assert.Equal(
            (peerHost.LocalPeer.ToString(), PeerDirection.Inbound, "DChat.Libp2p/0.1.0", connectedSince),
            (described.PeerId, described.Direction, described.AgentVersion, described.ConnectedSince));
        Assert.Equal([3, 9], described.Shards.Select(shard => (int)shard.Value));
        Assert.Empty((await ReportAfterATickAsync(1)).Peers);
    }

    private PeerId PeerOf(int silo) => _gateways.Services(silo).GetRequiredService<Libp2pHost>().LocalPeer;

    private string Describe(PeerId gateway, int silo) =>
        $"{gateway} {_gateways.Cluster.Orleans.Silos[silo].Name} {GatewayCluster.RelayId} {_gateways.Gateway(silo).Addresses[0]} 0";

    private async Task<PeerSetReport> ReportAfterATickAsync(int silo)
    {
        var before = _time.GetUtcNow();
        return (await UntilAsync(() => Cluster.DescribePeersAsync(PeerOf(silo).ToString(), Token), report => report?.ReportedAt > before))!;
    }

    /// <summary>Asks until the answer is there, and lets a tick pass now and then: what a young cluster refuses is tried again then.</summary>
    private async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> isExpected)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        giveUp.CancelAfter(TimeSpan.FromSeconds(20));
        for (var asked = 0; ; asked++)
        {
            if (asked % AsksPerTick == 0)
            {
                _time.Advance(GatewayLiveness.Period);
            }

            var answer = await ask();
            if (isExpected(answer))
            {
                return answer;
            }

            giveUp.Token.ThrowIfCancellationRequested();
        }
    }
}

using DChat.Libp2p.Host;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Transports;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Whoever takes every place of a host. Its clock stands still, so a dial that waited for a timeout would never end.</summary>
public sealed class HostilePlacesTests
{
    private const string Echo = "/echo/1.0.0";
    private const string HubIp = "198.51.100.1";
    private const string HonestIp = "203.0.113.7";

    [Fact]
    public async Task Twelve_addresses_with_sixty_four_idle_connections_keep_nobody_out()
    {
        await using var network = new TestNetwork();
        using var meters = new Meters();
        var hub = await StartHubAsync(network, meters);
        var limits = new ConnectionLimits();
        var attackers = Enumerable.Range(1, 12).Select(i => new RawDialer(network.Internet, $"10.{i}.0.1")).ToArray();
        foreach (var attacker in attackers)
        {
            for (var i = 0; i < limits.InboundPerNetwork.Ip4Slash32; i++)
            {
                await attacker.ConnectAsync(hub.ListenAddresses[0]);
            }
        }

        await meters.ReachesAsync("connections/inbound", limits.MaxInbound);
        Assert.Equal(0, meters["connections.evicted/limit"]);

        var honest = await ConnectHonestAsync(network, hub);
        for (var i = 0; i < 60; i++)
        {
            await attackers[i % attackers.Length].ConnectAsync(hub.ListenAddresses[0]);
        }

        await meters.ReachesAsync("connections.evicted/limit", 60);
        await EchoAsync(honest, hub);
        Assert.Equal(HonestIp, Assert.Single(hub.ConnectionsTo(honest.LocalPeer)).RemoteAddress.Components[0].Text);
        await ReachedAsync(() => hub.Connections.Count <= limits.MaxInbound);
    }

    [Theory]
    [InlineData("10.{0}.0.1")]
    [InlineData("2001:{0}::1")]
    public async Task Four_addresses_with_sixteen_silent_sockets_that_always_come_again_delay_no_handshake(string ip)
    {
        await using var network = new TestNetwork();
        using var meters = new Meters();
        var hub = await StartHubAsync(network, meters);
        var silent = new Queue<ITransportConnection>();
        var attackers = Enumerable.Range(1, 4)
            .Select(i => new RawDialer(network.Internet, string.Format(System.Globalization.CultureInfo.InvariantCulture, ip, i))).ToArray();
        for (var i = 0; i < 64; i++)
        {
            silent.Enqueue(await attackers[i % 4].OpenAsync(hub.ListenAddresses[0]));
        }

        await ReachedAsync(() => hub.PendingInbound == 64);
        for (var i = 0; i < 10; i++)
        {
            var honest = await ConnectHonestAsync(network, hub, $"203.0.113.{i}");
            for (var again = 0; again < 16; again++)
            {
                await silent.Dequeue().DisposeAsync();
                silent.Enqueue(await attackers[again % 4].OpenAsync(hub.ListenAddresses[0]));
            }

            await EchoAsync(honest, hub);
        }

        Assert.InRange(hub.PendingInbound, 0, 64);
        Assert.Equal(10, hub.Connections.Count);
    }

    [Fact]
    public async Task A_crowd_behind_one_address_gives_way_to_its_own_newcomers_only()
    {
        await using var network = new TestNetwork();
        using var meters = new Meters();
        var hub = await StartHubAsync(network, meters);
        var honest = await ConnectHonestAsync(network, hub);
        var crowd = new RawDialer(network.Internet, "10.0.0.1");
        for (var i = 0; i < 64; i++)
        {
            await crowd.ConnectAsync(hub.ListenAddresses[0]);
        }

        await meters.ReachesAsync("connections/inbound", 65);
        Assert.Equal(0, meters["connections.evicted/limit"]);
        var newcomer = await ConnectHonestAsync(network, hub, "10.0.0.1");
        Assert.Equal(1, meters["connections.evicted/limit"]);
        await EchoAsync(newcomer, hub);
        await EchoAsync(honest, hub);
    }

    private static async Task<Libp2pHost> StartHubAsync(TestNetwork network, Meters meters)
    {
        var hub = await network.StartAtAsync(
            HubIp,
            o =>
            {
                // Not what is tested here.
                var handshakes = o.Connections.Handshakes;
                handshakes.TotalBurst = handshakes.PerNetworkBurst = handshakes.PerIpBurst = 10_000;
            },
            new FakeTimeProvider(),
            meters);
        hub.SetStreamHandler(Echo, TestHosts.EchoAsync);
        return hub;
    }

    /// <summary>A host whose clock stands still too, connected to the hub.</summary>
    private static async Task<Libp2pHost> ConnectHonestAsync(TestNetwork network, Libp2pHost hub, string ip = HonestIp)
    {
        var honest = await network.StartAtAsync(ip, time: new FakeTimeProvider());
        await honest.ConnectAndIdentifyAsync(hub);
        return honest;
    }

    private static async Task EchoAsync(Libp2pHost from, Libp2pHost to)
    {
        await using var stream = await from.NewStreamAsync(
            Assert.Single(from.ConnectionsTo(to.LocalPeer)), [Echo], TestContext.Current.CancellationToken);
        await stream.Output.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        Assert.Equal("hello", await stream.Input.ReadTextToEndAsync());
    }

    private static async Task ReachedAsync(Func<bool> reached)
    {
        while (!reached())
        {
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }
}

using DChat.Libp2p.Resources;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Swarm;

namespace DChat.Libp2p.Tests.Resources;

/// <summary>Connections that have lost their places count until they are gone, and are limited.</summary>
public sealed class ClosingConnectionTests
{
    private readonly ConnectionLimits _limits = new() { MaxInbound = 4, MaxClosing = 4 };
    private readonly ResourceManager _manager;
    private readonly ConnectionTable _table;

    public ClosingConnectionTests()
    {
        _manager = new ResourceManager(new ResourceLimits(), _limits);
        _table = new ConnectionTable(_manager, _limits, new ConnectionManager(new ConnectionManagerOptions()), (_, _, _) => { });
    }

    [Fact]
    public void At_the_limit_no_connection_loses_its_place_until_one_that_closes_is_gone()
    {
        var evicted = new List<PeerConnection>();
        for (var i = 0; i < 8; i++)
        {
            Assert.Null(_table.Add(ResourceManagers.Connection($"10.0.{i}.1"), out var leaving));
            evicted.AddRange(leaving);
        }

        Assert.Equal(4, evicted.Count);
        Assert.Equal(new ResourceUsage(4, 0, 4, 0, 0, 0), _manager.Usage);
        Assert.Equal(nameof(_limits.MaxInbound), _table.Add(ResourceManagers.Connection("203.0.113.7"), out var none));
        Assert.Empty(none);
        Assert.Equal(new ResourceUsage(4, 0, 4, 0, 0, 0), _manager.Usage);

        _table.Remove(evicted[0], CloseReason.Evicted);
        Assert.Null(_table.Add(ResourceManagers.Connection("203.0.113.7"), out _));
        Assert.Equal(new ResourceUsage(4, 0, 4, 0, 0, 0), _manager.Usage);
    }

    [Fact]
    public void From_half_the_limit_on_the_network_with_the_most_is_closed_without_a_farewell()
    {
        var skipped = new List<PeerConnection>();
        for (var i = 0; i < 7; i++)
        {
            // Each its own network, except that two of those that go first share one.
            var connection = ResourceManagers.Connection(i is 1 or 2 ? $"10.0.1.{i}" : $"10.0.{i + 10}.1");
            ((StubConnection)connection.Muxed).FarewellSkipped = () => skipped.Add(connection);
            Assert.Null(_table.Add(connection, out _));
        }

        Assert.Equal(3, _manager.Usage.ClosingConnections);
        Assert.Single(skipped);
    }

    [Fact]
    public async Task A_host_that_is_full_takes_on_whoever_comes_and_holds_few_that_are_closing()
    {
        await using var network = new TestNetwork();
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var hub = await network.StartAtAsync(
            "198.51.100.1", o => (o.Connections.MaxInbound, o.Connections.MaxClosing, o.Connections.Handshakes.TotalBurst) = (4, 4, 10_000), time);
        for (var i = 0; i < 40; i++)
        {
            var peer = await network.StartAtAsync($"203.0.{i}.1");
            await peer.ConnectAndIdentifyAsync(hub);
            Assert.InRange(hub.Resources.Usage.ClosingConnections, 0, 4);
            await TestHosts.UntilAsync(() => hub.Resources.Usage.ClosingConnections < 4);
        }

        await TestHosts.UntilAsync(() => hub.Resources.Usage is { InboundConnections: 4, ClosingConnections: 0 });
        Assert.Equal(4, hub.Connections.Count);
    }
}

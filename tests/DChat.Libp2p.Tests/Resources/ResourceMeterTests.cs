using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Resources;

public sealed class ResourceMeterTests
{
    [Fact]
    public async Task What_is_held_and_refused_is_measured_and_described()
    {
        await using var network = new TestNetwork();
        using var meters = new Meters();
        var hub = await network.StartAtAsync("198.51.100.1", o => o.Resources.MaxInboundStreamsPerPeer = 3, meters: meters);
        hub.SetStreamHandler(ResourceManagers.Echo, TestHosts.EchoAsync);
        var peer = await network.StartAtAsync("203.0.113.7");
        await peer.ConnectAndIdentifyAsync(hub);
        await TestHosts.UntilAsync(() => hub.Resources.Usage is { InboundStreams: 0, OutboundStreams: 0 });
        var streams = new List<Libp2pStream>();
        for (var i = 0; i < 3; i++)
        {
            var stream = await peer.NewStreamAsync(peer.Connections[0], [ResourceManagers.Echo], TestContext.Current.CancellationToken);
            await stream.Output.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
            await stream.Input.ReadExactlyAsync(1);
            streams.Add(stream);
        }

        var fault = await Assert.ThrowsAsync<Libp2pException>(async () =>
        {
            await using var fourth = await peer.NewStreamAsync(peer.Connections[0], [ResourceManagers.Echo], TestContext.Current.CancellationToken);
            await fourth.Input.ReadAsync(TestContext.Current.CancellationToken);
        });
        Assert.Equal((Libp2pErrorCodes.LimitReached, true), (fault.Code, fault.IsTransient));

        var all = hub.Resources.Describe();
        Assert.Equal(new ResourceUsage(1, 0, 0, 3, 0, 3 * 4096), all.Host);
        Assert.Equal(all.Host, all.Peers[peer.LocalPeer]);
        Assert.All(all.Networks.Values, usage => Assert.Equal(all.Host, usage));
        Assert.Equal(["203.0.0.0/16", "203.0.113.0/24", "203.0.113.7/32"], all.Networks.Keys.Select(n => n.ToString()).Order());
        Assert.Equal(3, all.Protocols[ResourceManagers.Echo].InboundStreams);
        Assert.Equal([new ResourceRefusals(ResourceKind.InboundStreams, ResourceScopeKind.Peer, 1)], all.Refusals);

        meters.Observe();
        Assert.Equal((3 * 4096, 0), (meters["memory"], meters["connections.closing"]));
        Assert.Equal((1, 0), (meters["resources.refused/inbound-streams"], meters["resources.shed"]));
    }
}

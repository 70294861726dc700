using System.Net;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Resources;
using DChat.Libp2p.Swarm;
using static DChat.Libp2p.Tests.Resources.ResourceManagers;

namespace DChat.Libp2p.Tests.Resources;

/// <summary>Every limit of every scope: what is taken at it, and what one beyond it is told.</summary>
public sealed class ResourceManagerTests
{
    private const int MiB = 1024 * 1024;

    [Theory]
    [InlineData(false, nameof(ResourceLimits.MaxInboundStreamsPerPeer), 3)]
    [InlineData(true, nameof(ResourceLimits.MaxOutboundStreamsPerPeer), 4)]
    public void Streams_of_a_peer_stop_at_their_limit_over_all_of_its_connections(bool isOutbound, string name, int limit)
    {
        using var peer = PrivateKey.Generate();
        var manager = new ResourceManager(new ResourceLimits { MaxInboundStreamsPerPeer = 3, MaxOutboundStreamsPerPeer = 4 });
        var (first, second) = (manager.Open(peer: peer), manager.Open("10.9.9.9", peer));

        Assert.Equal((limit - 1, null), first.TakeStreams(limit - 1, isOutbound));
        Assert.Equal((1, name), second.TakeStreams(isOutbound: isOutbound));
        Assert.Equal(new ResourceRefusals(isOutbound ? ResourceKind.OutboundStreams : ResourceKind.InboundStreams, ResourceScopeKind.Peer, 1), Assert.Single(manager.Refusals));

        // Another peer is another matter, and what is given back can be had again.
        Assert.Null(manager.Open().AddStream(isOutbound));
        first.RemoveStream(isOutbound);
        Assert.Equal((1, name), second.TakeStreams(isOutbound: isOutbound));
    }

    [Theory]
    [InlineData("10.0.0.{0}", 1, 5)]
    [InlineData("10.0.0.{0}", 100, 7)]
    [InlineData("2001:db8::{0}", 100, 4)]
    [InlineData("2001:db8:0:{0}::1", 100, 6)]
    [InlineData("2001:db8:0:{0}00::1", 100, 8)]
    public void Streams_of_a_network_stop_at_its_limit_whoever_opens_them(string ips, int addresses, int limit)
    {
        var limits = new ResourceLimits();
        var streams = limits.InboundStreamsPerNetwork;
        (streams.Ip4Slash32, streams.Ip4Slash24, streams.Ip6Slash64, streams.Ip6Slash56, streams.Ip6Slash48) = (5, 7, 4, 6, 8);
        var manager = new ResourceManager(limits);
        var scopes = Enumerable.Range(0, 50).Select(i => manager.Open(string.Format(System.Globalization.CultureInfo.InvariantCulture, ips, 1 + (i % addresses)))).ToArray();
        var taken = 0;
        foreach (var scope in scopes)
        {
            taken += scope.TakeStreams(1).Taken;
        }

        Assert.Equal(limit, taken);
        Assert.Equal(nameof(limits.InboundStreamsPerNetwork), scopes[^1].AddStream(isOutbound: false));
        Assert.Equal(limit, manager.Usage.InboundStreams);
        Assert.All(manager.Refusals, r => Assert.Equal((ResourceKind.InboundStreams, ResourceScopeKind.Network), (r.Resource, r.Scope)));

        // What this side opens is its own affair, and other networks are others.
        Assert.Null(scopes[^1].AddStream(isOutbound: true));
        Assert.Null(manager.Open("203.0.113.7").AddStream(isOutbound: false));
    }

    [Theory]
    [InlineData(false, nameof(ResourceLimits.MaxInboundStreams), 5)]
    [InlineData(true, nameof(ResourceLimits.MaxOutboundStreams), 6)]
    public void Streams_of_a_host_stop_at_their_limit(bool isOutbound, string name, int limit)
    {
        var manager = new ResourceManager(new ResourceLimits { MaxInboundStreams = 5, MaxOutboundStreams = 6 });
        var scope = manager.Open();
        Assert.Equal((limit, name), scope.TakeStreams(isOutbound: isOutbound));
        Assert.Equal(limit, isOutbound ? manager.Usage.OutboundStreams : manager.Usage.InboundStreams);
        Assert.Equal(ResourceScopeKind.Host, Assert.Single(manager.Refusals).Scope);
    }

    [Theory]
    [InlineData(Direction.Inbound, nameof(ResourceLimits.MaxInboundStreamsPerProtocol), 3)]
    [InlineData(Direction.Outbound, nameof(ResourceLimits.MaxOutboundStreamsPerProtocol), 4)]
    public void Streams_of_a_protocol_stop_at_their_limit_over_all_peers(Direction direction, string name, int limit)
    {
        var manager = new ResourceManager(new ResourceLimits { MaxInboundStreamsPerProtocol = 3, MaxOutboundStreamsPerProtocol = 4 });
        for (var i = 0; i < limit; i++)
        {
            Assert.Null(manager.Open($"10.0.{i}.1").AddProtocolStream(Echo, direction, 1));
        }

        var last = manager.Open("10.1.0.1");
        Assert.Equal(name, last.AddProtocolStream(Echo, direction, 1));
        Assert.Null(last.AddProtocolStream("/other/1", direction, 1));
        Assert.Equal(limit, manager.Describe().Protocols[Echo] is var usage && direction == Direction.Inbound ? usage.InboundStreams : usage.OutboundStreams);
        Assert.Equal(ResourceScopeKind.Protocol, Assert.Single(manager.Refusals).Scope);
    }

    [Fact]
    public void Streams_of_a_protocol_with_a_peer_stop_at_their_limit_over_all_of_its_connections()
    {
        using var peer = PrivateKey.Generate();
        var manager = new ResourceManager(new ResourceLimits());
        var (first, second) = (manager.Open(peer: peer), manager.Open("10.9.9.9", peer));
        Assert.Null(first.AddProtocolStream(Echo, Direction.Inbound, 2));
        Assert.Null(second.AddProtocolStream(Echo, Direction.Inbound, 2));
        Assert.Equal("MaxInbound", first.AddProtocolStream(Echo, Direction.Inbound, 2));
        Assert.Equal("MaxOutbound", first.AddProtocolStream(Echo, Direction.Outbound, 0));
        Assert.Equal(2, manager.Describe().PeerProtocols[(peer.Peer, Echo)].InboundStreams);
        Assert.Equal(2, manager.Describe().Protocols[Echo].InboundStreams);
        second.RemoveProtocolStream(Echo, Direction.Inbound);
        Assert.Null(first.AddProtocolStream(Echo, Direction.Inbound, 2));
    }

    [Theory]
    [InlineData("10.0.0.1", 1 * MiB, 9 * MiB, 9 * MiB)]
    [InlineData("10.0.0.1", 9 * MiB, 2 * MiB, 9 * MiB)]
    [InlineData("10.0.0.1", 9 * MiB, 9 * MiB, 8 * MiB)]
    [InlineData("/memory/x", 9 * MiB, 1 * MiB, 8 * MiB)]
    public void Memory_stops_at_the_limit_of_the_peer_of_the_network_and_of_the_host(string address, int perPeer, int perNetwork, int inAll)
    {
        var limits = new ResourceLimits { MaxMemory = inAll, MaxMemoryPerPeer = perPeer };
        limits.MemoryPerNetwork.SetPerIp(perNetwork);

        // The last eighth of a host is for others.
        var limit = Math.Min(perPeer, Math.Min(address == "/memory/x" ? int.MaxValue : perNetwork, inAll - (inAll / 8)));
        var manager = new ResourceManager(limits);
        var scope = manager.Open(address);

        var half = (limit < inAll / 2 ? limit : inAll) / 2;
        Assert.True(scope.TryTakeMemory(half));
        Assert.True(scope.MayGrowWindows);
        Assert.True(scope.TryTakeMemory(1));
        Assert.False(scope.MayGrowWindows);
        Assert.True(scope.TryTakeMemory(limit - half - 1));
        Assert.False(scope.TryTakeMemory(1));
        Assert.Equal(limit, manager.Usage.Memory);
        Assert.Equal(ResourceKind.Memory, Assert.Single(manager.Refusals).Resource);

        // A stream needs memory too.
        Assert.NotNull(scope.AddStream(isOutbound: false));
        Assert.Equal(0, manager.Usage.InboundStreams);
        scope.ReturnMemory(ResourceManager.StreamOverhead);
        Assert.Null(scope.AddStream(isOutbound: false));
        Assert.False(scope.TryTakeMemory(1));
        Assert.Equal(limit, manager.Usage.Memory);
    }

    [Fact]
    public void What_a_connection_held_is_given_back_once_when_it_is_gone()
    {
        using var peer = PrivateKey.Generate();
        var manager = new ResourceManager(new ResourceLimits());
        var scope = manager.Open("2001:db8::1", peer);
        Assert.True(scope.TryTakeMemory(1000));
        Assert.Null(scope.AddStream(isOutbound: false));
        Assert.Null(scope.AddProtocolStream(Echo, Direction.Inbound, 1));
        scope.Dispose();
        scope.Dispose();

        // A handler still serves the stream, so it counts; bytes that come back late do not count twice.
        scope.ReturnMemory(1000);
        Assert.False(scope.TryTakeMemory(1));
        var left = manager.Describe();
        Assert.Equal(new ResourceUsage(0, 0, 0, 1, 0, ResourceManager.StreamOverhead), left.Host);
        Assert.Equal(left.Host, left.Networks[IPNetwork.Parse("2001:db8::/48")]);
        Assert.Equal(left.Host, left.Peers[peer.Peer]);
        scope.RemoveProtocolStream(Echo, Direction.Inbound);
        scope.RemoveStream(isOutbound: false);
        manager.AssertEmpty();
    }

    [Fact]
    public void A_limit_out_of_range_is_refused_by_name()
    {
        var limits = new ResourceLimits { MaxInboundStreams = 0, MaxMemory = MiB - 1 };
        limits.MemoryPerNetwork.Ip6Slash48 = 1;
        var fault = Assert.Throws<ArgumentException>(() => new ResourceManager(limits));
        Assert.Contains("MaxInboundStreams must be at least 1.", fault.Message, StringComparison.Ordinal);
        Assert.Contains("MaxMemory must be at least 1048576.", fault.Message, StringComparison.Ordinal);
        Assert.Contains("MemoryPerNetwork.Ip6Slash48 must be at least 524288.", fault.Message, StringComparison.Ordinal);
        var options = new Libp2p.Host.Libp2pOptions();
        options.Resources.MaxOutboundStreamsPerPeer = 0;
        Assert.Equal(["Resources.MaxOutboundStreamsPerPeer must be at least 1."], options.Validate());
    }
}

using DChat.Libp2p.Resources;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Resources;

/// <summary>Who gets what is left, and who gives back. The limit is 64, so seven eighths are 56.</summary>
public sealed class ResourceFairnessTests
{
    private const int Limit = 64;
    private const int MiB = 1024 * 1024;

    private readonly ResourceManager _manager = new(new ResourceLimits { MaxInboundStreams = Limit, MaxMemory = Limit * MiB, MaxMemoryPerPeer = Limit * MiB });

    [Fact]
    public void Whoever_takes_what_it_can_leaves_the_last_eighth_to_other_networks()
    {
        var (flood, honest) = (_manager.Open("10.0.0.1"), _manager.Open("203.0.113.7"));
        Assert.Equal((56, "MaxInboundStreams"), flood.TakeStreams());
        Assert.Equal((8, "MaxInboundStreams"), honest.TakeStreams());
        Assert.Equal(Limit, _manager.Usage.InboundStreams);
    }

    [Fact]
    public void Many_networks_leave_the_last_eighth_to_those_that_have_less_than_their_share()
    {
        // Seven with eight each; the shares are 56 / 8.
        var floods = Enumerable.Range(0, 7).Select(i => _manager.Open($"10.{i}.0.1")).ToArray();
        var honest = _manager.Open("203.0.113.7");
        Assert.All(floods, f => Assert.Equal((8, null), f.TakeStreams(8)));
        Assert.All(floods, f => Assert.Equal("MaxInboundStreams", f.AddStream(isOutbound: false)));
        Assert.Equal((7, "MaxInboundStreams"), honest.TakeStreams());
    }

    [Fact]
    public void Addresses_of_a_network_share_what_it_has_in_the_same_way()
    {
        var limits = new ResourceLimits();
        (limits.InboundStreamsPerNetwork.Ip4Slash32, limits.InboundStreamsPerNetwork.Ip4Slash24) = (60, Limit);
        var manager = new ResourceManager(limits);
        var (flood, neighbour) = (manager.Open("10.0.0.1"), manager.Open("10.0.0.2"));
        Assert.Equal((56, "InboundStreamsPerNetwork"), flood.TakeStreams());
        Assert.Equal((8, "InboundStreamsPerNetwork"), neighbour.TakeStreams());
    }

    [Fact]
    public async Task The_network_that_holds_the_most_gives_streams_back_for_one_that_holds_little()
    {
        var asked = new List<string>();
        IConnectionScope? flood = null;
        flood = _manager.Open("10.0.0.1", shed: resource =>
        {
            asked.Add($"flood {resource}");
            for (var i = 0; i < 28; i++)
            {
                flood!.RemoveStream(isOutbound: false);
            }
        });
        var moderate = _manager.Open("10.1.0.1", shed: resource => asked.Add("moderate"));
        var honest = _manager.Open("203.0.113.7", shed: resource => asked.Add("honest"));
        Assert.Equal((4, null), moderate.TakeStreams(4));
        Assert.Equal((52, "MaxInboundStreams"), flood.TakeStreams());
        Assert.Empty(asked);
        Assert.Null(honest.AddStream(isOutbound: false));
        await TestHosts.UntilAsync(() => _manager.Usage.InboundStreams == 57 - 28);

        Assert.Equal((20, null), honest.TakeStreams(20));
        Assert.Equal(["flood InboundStreams"], asked);
        Assert.Equal(1, _manager.Shed);
    }

    [Fact]
    public async Task Memory_is_given_back_by_the_network_that_holds_the_most()
    {
        IConnectionScope? flood = null;
        flood = _manager.Open("10.0.0.1", shed: resource => flood!.ReturnMemory(56 * MiB));
        var honest = _manager.Open("203.0.113.7");
        Assert.True(flood.TryTakeMemory(56 * MiB));
        Assert.False(flood.TryTakeMemory(1));
        Assert.True(honest.TryTakeMemory(1));
        await TestHosts.UntilAsync(() => _manager.Usage.Memory == 1);
        Assert.True(honest.TryTakeMemory(50 * MiB));
        Assert.Equal([new ResourceRefusals(ResourceKind.Memory, ResourceScopeKind.Host, 1)], _manager.Refusals);
    }

    [Fact]
    public void What_lies_in_no_network_shares_like_one()
    {
        var (relayed, other, honest) = (_manager.Open("/memory/a"), _manager.Open("/memory/b"), _manager.Open("203.0.113.7"));
        Assert.Equal((30, null), relayed.TakeStreams(30));
        Assert.Equal((26, "MaxInboundStreams"), other.TakeStreams());
        Assert.Equal((8, "MaxInboundStreams"), honest.TakeStreams());
        Assert.Equal(["203.0.0.0/16", "203.0.113.0/24", "203.0.113.7/32"], _manager.Describe().Networks.Keys.Select(n => n.ToString()).Order());
    }
}

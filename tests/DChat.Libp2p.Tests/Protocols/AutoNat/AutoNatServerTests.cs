using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.AutoNat.Wire;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Wire;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.AutoNat;

/// <summary>A server, and who asks it by hand.</summary>
public sealed class AutoNatServerTests
{
    private const string Here = "/ip4/8.8.8.8/tcp/4001";

    private static readonly (ResponseStatus, uint, DialStatus) Rejected = (ResponseStatus.RequestRejected, 0, DialStatus.Unused);
    private static readonly (ResponseStatus, uint, DialStatus) Refused = (ResponseStatus.DialRefused, 0, DialStatus.Unused);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_address_that_may_be_dialed_is_dialed_and_no_other()
    {
        await using var network = new TestNetwork();
        await using var server = await NatNode.ServeAsync(network, "9.9.9.9");
        var client = await network.StartAtAsync("8.8.8.8");
        client.TakeNonces();
        string[] asked = ["/ip4/10.0.0.1/tcp/1", "/dns4/example.com/tcp/1", Here, "/ip4/8.8.8.8/tcp/4002"];
        Assert.Equal((ResponseStatus.Ok, 2U, DialStatus.Ok), await client.AskAsync(server, asked));
        Assert.Equal([Multiaddr.Parse("/ip4/9.9.9.9/tcp/4001"), Multiaddr.Parse(Here)], network.Internet.Dialed);
    }

    [Theory]
    [InlineData("/ip4/192.168.0.1/tcp/4001")]
    [InlineData("/ip4/127.0.0.1/tcp/4001")]
    [InlineData("/ip6/::ffff:127.0.0.1/tcp/4001")]
    [InlineData("/ip4/0.0.0.0/tcp/4001")]
    [InlineData("/ip4/224.0.0.1/tcp/4001")]
    [InlineData("/dns4/example.com/tcp/4001")]
    [InlineData("/dnsaddr/example.com")]
    [InlineData("/ip4/8.8.8.8/udp/4001/quic-v1")]
    [InlineData("/memory/client")]
    [InlineData("/ip4/9.9.9.9/tcp/22")]
    [InlineData("/ip6/2606:4700::1/tcp/4001")]
    [InlineData("/ip4/8.8.8.8/tcp/4001/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq")]
    [InlineData("/ip4/8.8.8.8/tcp/4001/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit")]
    public async Task An_address_that_is_not_to_be_dialed_is_refused(string address)
    {
        await using var network = new TestNetwork();
        await using var server = await NatNode.ServeAsync(network, "9.9.9.9");
        var client = await network.StartAtAsync("8.8.8.8");
        Assert.Equal(Refused, await client.AskAsync(server, address));
        Assert.Equal(Refused, await client.AskAsync(server));
        Assert.Single(network.Internet.Dialed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task So_many_addresses_of_a_request_are_looked_at(int beyond)
    {
        await using var network = new TestNetwork();
        await using var server = await NatNode.ServeAsync(network, "9.9.9.9", l => l.MaxAddresses = 3);
        var client = await network.StartAtAsync("8.8.8.8");
        client.TakeNonces();
        string[] asked = [.. Enumerable.Repeat("/ip4/10.0.0.1/tcp/1", 2 + beyond), Here];
        Assert.Equal(beyond == 0 ? (ResponseStatus.Ok, 2U, DialStatus.Ok) : Refused, await client.AskAsync(server, asked));
    }

    [Fact]
    public async Task What_became_of_the_dial_is_told()
    {
        await using var network = new TestNetwork();
        var meters = new Meters();
        await using var server = await NatNode.ServeAsync(network, "9.9.9.9", meters: meters);
        var client = await network.StartAtAsync("8.8.8.8");
        Assert.Equal((ResponseStatus.Ok, 0U, DialStatus.DialError), await client.AskAsync(server, "/ip4/8.8.8.8/tcp/4002"));
        Assert.Equal((ResponseStatus.Ok, 0U, DialStatus.DialBackError), await client.AskAsync(server, Here));
        client.TakeNonces();
        Assert.Equal((ResponseStatus.Ok, 0U, DialStatus.Ok), await client.AskAsync(server, Here));
        await meters.ReachesAsync("autonat.served/ok", 1);
        Assert.Equal((1, 1), (meters["autonat.served/dial-error"], meters["autonat.served/dial-back-error"]));
    }

    [Fact]
    public async Task A_peer_that_asks_too_often_is_rejected_until_time_has_passed()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        await using var server = await NatNode.ServeAsync(network, "9.9.9.9", l => l.RequestsPerMinutePerPeer = 3, time);
        var (client, other) = (await network.StartAtAsync("8.8.8.8"), await network.StartAtAsync("8.8.8.9"));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Refused, await client.AskAsync(server));
        }

        Assert.Equal(Rejected, await client.AskAsync(server));
        Assert.Equal(Refused, await other.AskAsync(server));
        time.Advance(TimeSpan.FromSeconds(19));
        Assert.Equal(Rejected, await client.AskAsync(server));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Refused, await client.AskAsync(server));
    }

    [Fact]
    public async Task A_network_that_asks_too_often_is_rejected_and_others_are_not_until_all_have_asked_too_often()
    {
        var meters = new Meters();
        await using var network = new TestNetwork();
        await using var server = await NatNode.ServeAsync(
            network, "9.9.9.9", l => (l.RequestsPerMinutePerNetwork, l.RequestsPerMinute) = (2, 3), new FakeTimeProvider(), meters);
        var (first, second) = (await network.StartAtAsync("8.8.8.8"), await network.StartAtAsync("8.8.8.9"));
        Assert.Equal(Refused, await first.AskAsync(server));
        Assert.Equal(Refused, await second.AskAsync(server));
        Assert.Equal(Rejected, await first.AskAsync(server));
        Assert.Equal(Rejected, await second.AskAsync(server));

        var elsewhere = await network.StartAtAsync("8.8.4.4");
        Assert.Equal(Refused, await elsewhere.AskAsync(server));
        Assert.Equal(Rejected, await elsewhere.AskAsync(server));
        await meters.ReachesAsync("autonat.served/rate", 1);
        Assert.Equal(2, meters["autonat.served/network-rate"]);
    }

    [Fact]
    public async Task Dials_elsewhere_end_at_their_limit_before_any_byte_is_asked_for()
    {
        await using var network = new TestNetwork();
        await using var server = await NatNode.ServeAsync(network, "9.9.9.9", l => l.DialsElsewherePerMinute = 1, new FakeTimeProvider());
        var client = await network.StartAtAsync("8.8.8.8");
        var (stream, answer) = await client.BeginAsync(server, "/ip4/1.1.1.1/tcp/1");
        stream.Reset();
        Assert.IsType<AutoNatMessage.DataRequest>(answer);
        Assert.Equal(Rejected, await client.AskAsync(server, "/ip4/1.1.1.1/tcp/1"));
        client.TakeNonces();
        Assert.Equal((ResponseStatus.Ok, 0U, DialStatus.Ok), await client.AskAsync(server, Here));
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(4, 1)]
    public async Task So_many_dials_run_at_once(int perNetwork, int inAll)
    {
        await using var network = new TestNetwork();
        await using var server = await NatNode.ServeAsync(
            network, "9.9.9.9", l => (l.MaxConcurrentDialsPerNetwork, l.MaxConcurrentDials) = (perNetwork, inAll));
        var (client, other) = (await network.StartAtAsync("8.8.8.8"), await network.StartAtAsync(perNetwork == 1 ? "8.8.8.9" : "8.8.4.4"));
        var arrived = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        client.SetStreamHandler(Libp2p.Protocols.AutoNat.AutoNat.DialBackId, async (stream, stop) =>
        {
            arrived.SetResult();
            await go.Task.WaitAsync(stop);
            LengthPrefixed.Write(stream.Output, []);
        });
        other.TakeNonces();
        var first = client.AskAsync(server, Here);
        await arrived.Task.WaitAsync(Cancel);
        var address = other.ListenAddresses[0].ToString();
        Assert.Equal(Rejected, await other.AskAsync(server, address));
        go.SetResult();
        Assert.Equal((ResponseStatus.Ok, 0U, DialStatus.Ok), await first);
        Assert.Equal((ResponseStatus.Ok, 0U, DialStatus.Ok), await other.AskAsync(server, address));
    }

    [Fact]
    public async Task A_peer_that_does_not_send_its_request_has_so_long_and_no_longer()
    {
        var time = new FakeTimeProvider();
        var meters = new Meters();
        await using var network = new TestNetwork();
        await using var server = await NatNode.ServeAsync(network, "9.9.9.9", time: time, meters: meters);
        var client = await network.StartAtAsync("8.8.8.8");
        client.Introduce(server.Host);
        await using var stream = await client.NewStreamAsync(server.Host.LocalPeer, [Libp2p.Protocols.AutoNat.AutoNat.DialRequestId], Cancel);
        var ended = Assert.ThrowsAsync<Libp2pException>(async () => await stream.Input.ReadAsync(Cancel));
        await meters.ReachesAsync("streams//libp2p/autonat/2/dial-request", 1);
        while (!ended.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(Libp2pErrorCodes.StreamReset, (await ended).Code);
        await meters.ReachesAsync("autonat.served/malformed", 1);
    }
}

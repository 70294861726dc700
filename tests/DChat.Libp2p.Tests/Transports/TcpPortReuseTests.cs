using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Transports.Tcp;

namespace DChat.Libp2p.Tests.Transports;

/// <summary>Dials from the port that is listened on, over sockets.</summary>
public sealed class TcpPortReuseTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_peer_sees_the_port_that_is_listened_on_unless_a_dial_is_to_have_its_own()
    {
        await using var alice = await StartAsync(reuses: true);
        await using var bob = await StartAsync(reuses: false);
        await using var carol = await StartAsync(reuses: false);
        Assert.Equal(alice.ListenAddresses[0], await SeenAsync(alice, bob, DialOptions.Default));
        Assert.Equal(alice.ListenAddresses[0], await SeenAsync(alice, carol, DialOptions.Default));

        // A second one between the same ports cannot be; it is dialed from a free port.
        Assert.NotEqual(alice.ListenAddresses[0], await SeenAsync(alice, bob, new DialOptions { ForceNew = true }));
        await using var dave = await StartAsync(reuses: false);
        Assert.NotEqual(alice.ListenAddresses[0], await SeenAsync(alice, dave, new DialOptions { OnlyNamed = true, FromFreePort = true }));
    }

    [Fact]
    public async Task Without_the_option_a_port_that_is_taken_is_not_shared()
    {
        await using var alice = await StartAsync(reuses: false);
        var options = new Libp2pOptions();
        options.ListenAddresses.Add(alice.ListenAddresses[0]);
        await using var bob = new Libp2pHost(options);
        Assert.Equal(Libp2pErrorCodes.ListenFailed, (await Assert.ThrowsAsync<Libp2pException>(() => bob.StartAsync(Cancel))).Code);
    }

    [Fact]
    public async Task Two_that_dial_each_other_at_once_from_their_ports_are_connected_directly()
    {
        for (var round = 0; round < 10; round++)
        {
            await using var alice = await StartAsync(reuses: true);
            await using var bob = await StartAsync(reuses: true);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var (client, server) = (
                DialAsync(alice, bob, new DialOptions { OnlyNamed = true }, patience.Token),
                DialAsync(bob, alice, new DialOptions { OnlyNamed = true, ActsAsListener = true }, patience.Token));
            var first = await Task.WhenAny(client, server);
            Assert.True((await first).IsUsable);
            await patience.CancelAsync();
            await Task.WhenAll(client, server).ContinueWith(static all => _ = all.Exception, TaskScheduler.Default);
        }
    }

    [Theory]
    [InlineData("0.0.0.0:1 127.0.0.1:2", "8.8.8.8:3", "0.0.0.0:1")]
    [InlineData("127.0.0.1:2", "8.8.8.8:3", null)]
    [InlineData("127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:2")]
    [InlineData("127.0.0.1:2", "127.0.0.1:2", null)]
    [InlineData("10.0.0.1:2", "127.0.0.1:3", null)]
    [InlineData("10.0.0.1:2", "8.8.8.8:3", "10.0.0.1:2")]
    [InlineData("0.0.0.0:1", "[2606:4700::1]:3", null)]
    [InlineData("", "8.8.8.8:3", null)]
    public void A_target_is_dialed_from_where_it_can_be_reached(string listening, string target, string? from)
    {
        var found = PortReuse.FindLocal(listening.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPEndPoint.Parse), IPEndPoint.Parse(target));
        Assert.Equal(from, found?.ToString());
    }

    private static async Task<Libp2pHost> StartAsync(bool reuses)
    {
        var options = new Libp2pOptions();
        options.Transports.Clear();
        options.Transports.Add(new TcpTransport { DialsFromListenPort = reuses });
        options.ListenAddresses.Add(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"));
        var host = new Libp2pHost(options);
        await host.StartAsync(Cancel);
        return host;
    }

    private static Task<PeerConnection> DialAsync(Libp2pHost host, Libp2pHost other, DialOptions how, CancellationToken cancellationToken) =>
        host.ConnectAsync(other.LocalPeer, other.ListenAddresses, how, cancellationToken);

    /// <summary>Where a peer sees this side's new connection come from.</summary>
    private static async Task<Multiaddr> SeenAsync(Libp2pHost host, Libp2pHost other, DialOptions how)
    {
        using var events = other.Subscribe();
        await DialAsync(host, other, how, Cancel);
        var opened = await events.NextAsync<PeerEvent.ConnectionOpened>(e => e.Connection.RemotePeer.Equals(host.LocalPeer));
        return opened.Connection.RemoteAddress;
    }
}

using DChat.Interop.Tests.Js;
using DChat.Libp2p;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;

namespace DChat.Interop.Tests;

public sealed class ConnectionInteropTests
{
    private const string Seed = "6a732d6c69627032702d70656572207468617420636f6d6573206261636b2121";

    [Fact]
    public async Task We_refuse_js_when_the_address_names_another_peer()
    {
        await using var pair = await Pair.StartAsync();
        using var stranger = PrivateKey.Generate();
        var address = pair.Js.Addresses[0].WithoutPeer();

        var fault = await Assert.ThrowsAsync<Libp2pException>(
            () => pair.Host.ConnectAsync(address.WithPeer(stranger.Peer), TestContext.Current.CancellationToken));
        Assert.Equal((Libp2pErrorCodes.PeerMismatch, false), (fault.Code, fault.IsTransient));
        var failed = await pair.EventAsync<PeerEvent.DialFailed>();
        Assert.Equal((stranger.Peer, Libp2pErrorCodes.PeerMismatch), (failed.Peer, failed.Fault.Code));
        Assert.Equal("inbound", (string?)(await pair.Js.EventAsync("handshake-failed"))["direction"]);
        Assert.Empty(pair.Host.Connections);
        Assert.Empty(await pair.Js.ConnectedAsync());
        Assert.Empty(pair.Js.Events("connection-open"));

        var anyone = await pair.Host.ConnectAsync(address, TestContext.Current.CancellationToken);
        Assert.Equal(pair.Js.Id, anyone.RemotePeer);
    }

    [Fact]
    public async Task Js_refuses_us_when_the_address_names_another_peer()
    {
        await using var pair = await Pair.StartAsync();
        using var stranger = PrivateKey.Generate();

        var fault = await Assert.ThrowsAsync<JsFaultException>(() => pair.Js.DialAsync(pair.Host.ListenAddresses[0].WithPeer(stranger.Peer)));
        Assert.Equal("EncryptionFailedError", fault.Name);
        Assert.Equal(Libp2pErrorCodes.HandshakeFailed, await pair.RefusalAsync());
        Assert.Empty(pair.Host.Connections);
        Assert.Empty(await pair.Js.ConnectedAsync());

        await pair.DialAsync(Side.Js);
        Assert.Equal(pair.Js.Id, pair.Connection.RemotePeer);
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task A_goodbye_of_either_side_ends_the_connection_on_both(Side leaver)
    {
        await using var pair = await Pair.ConnectAsync(Side.CSharp);
        await (leaver == Side.CSharp ? pair.Host.DisconnectAsync(pair.Js.Id) : pair.Js.DoAsync("hangUp", ("peer", pair.Host.LocalPeer.ToString())));

        var closed = await pair.EventAsync<PeerEvent.ConnectionClosed>();
        Assert.Equal((leaver == Side.CSharp ? CloseReason.Local : CloseReason.Remote, true), (closed.Reason, closed.IsLast));
        await pair.Js.EventAsync("connection-close");
        Assert.Empty(pair.Host.Connections);
        Assert.Empty(await pair.Js.ConnectedAsync());
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task A_js_peer_that_is_killed_is_missed_and_is_found_again_when_it_is_back(Side redialer)
    {
        await using var pair = await Pair.ConnectAsync(redialer, new JsPeerSettings { Seed = Seed });
        await using var stream = await pair.OpenAsync(JsPeer.ManualProtocol);
        var (peer, address, killed) = (pair.Js.Id, pair.Js.Addresses[0].WithoutPeer(), pair.Connection);
        await pair.Js.AcceptAsync();
        await pair.Js.KillAsync();

        var closed = await pair.EventAsync<PeerEvent.ConnectionClosed>();
        Assert.Same(killed, closed.Connection);
        Assert.Equal((CloseReason.Remote, true), (closed.Reason, closed.IsLast));
        Assert.Empty(pair.Host.Connections);
        var fault = await Assert.ThrowsAsync<Libp2pException>(async () => await stream.Input.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.ConnectionClosed, fault.Code);
        fault = await Assert.ThrowsAsync<Libp2pException>(() => pair.Host.ConnectAsync(peer, TestContext.Current.CancellationToken));
        Assert.True(fault.IsTransient);

        await pair.ReplaceJsAsync(new JsPeerSettings { Seed = Seed, Listen = [address.ToString()] });
        Assert.Equal(peer, pair.Js.Id);
        if (redialer == Side.CSharp)
        {
            // Named, since a known address that failed a moment ago is passed over for some seconds.
            await pair.Host.ConnectAsync(peer, [address], TestContext.Current.CancellationToken);
        }
        else
        {
            await pair.DialAsync(Side.Js);
        }

        Assert.NotSame(killed, pair.Connection);
        (await pair.ExchangeAsync(redialer, 1000)).AssertComplete(1000);
    }

    [Fact]
    public async Task A_host_of_ours_that_goes_and_comes_back_is_found_again_by_js()
    {
        using var identity = PrivateKey.Generate();
        await using var js = await JsPeer.StartAsync();
        Multiaddr address;
        await using (var first = await Pair.StartHostAsync(options => options.Identity = identity))
        {
            address = first.ListenAddresses[0];
            await js.DialAsync(address.WithPeer(identity.Peer));
        }

        await js.EventAsync("connection-close");
        Assert.Empty(await js.ConnectedAsync());
        await using var second = await Pair.StartHostAsync(options =>
        {
            options.Identity = identity;
            options.ListenAddresses.Clear();
            options.ListenAddresses.Add(address);
        });
        await js.DialAsync(address.WithPeer(identity.Peer));
        Assert.Single(await js.ExchangeAsync(identity.Peer, 1000)).AssertComplete(1000);
    }
}

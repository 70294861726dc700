using DChat.Interop.Tests.Js;
using DChat.Libp2p;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Transports.Tcp;

namespace DChat.Interop.Tests;

public sealed class HandshakeInteropTests
{
    private const string Yamux = "/yamux/1.0.0";

    [Theory]
    [InlineData(Side.CSharp, true)]
    [InlineData(Side.CSharp, false)]
    [InlineData(Side.Js, true)]
    [InlineData(Side.Js, false)]
    public async Task The_multiplexer_is_settled_in_the_handshake_or_after_it(Side dialer, bool earlyMuxer)
    {
        await using var pair = await Pair.ConnectAsync(dialer, new JsPeerSettings { EarlyMuxer = earlyMuxer });
        var secured = await pair.Js.EventAsync("secured");

        Assert.Equal(dialer == Side.Js ? "outbound" : "inbound", (string?)secured["direction"]);
        Assert.Equal(earlyMuxer ? Yamux : null, (string?)secured["earlyMuxer"]);
        (await pair.ExchangeAsync(Side.CSharp, 1000)).AssertComplete(1000);
        (await pair.ExchangeAsync(Side.Js, 1000)).AssertComplete(1000);
    }

    [Theory]
    [InlineData(Side.CSharp, "RSA", "Qm")]
    [InlineData(Side.Js, "RSA", "Qm")]
    [InlineData(Side.CSharp, "secp256k1", "16Uiu2HA")]
    [InlineData(Side.Js, "secp256k1", "16Uiu2HA")]
    public async Task Identities_of_other_key_types_shake_hands_and_certify_their_addresses(Side dialer, string keyType, string prefix)
    {
        await using var pair = await Pair.StartAsync(new JsPeerSettings { KeyType = keyType });
        await pair.DialAsync(dialer);
        var info = (await pair.EventAsync<PeerEvent.Identified>()).Info;

        Assert.StartsWith(prefix, pair.Js.Id.ToString(), StringComparison.Ordinal);
        Assert.Equal(pair.Js.Id, info.Peer);
        Assert.Equal(pair.Js.Id, info.Record!.Peer);
        (await pair.ExchangeAsync(Side.CSharp, 1000)).AssertComplete(1000);
        (await pair.ExchangeAsync(Side.Js, 1000)).AssertComplete(1000);
    }

    [Fact]
    public async Task We_refuse_a_js_listener_whose_identity_did_not_sign()
    {
        await using var pair = await Pair.StartAsync(new JsPeerSettings { BadSignature = true });
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => pair.DialAsync(Side.CSharp));

        Assert.Equal((Libp2pErrorCodes.BadSignature, false), (fault.Code, fault.IsTransient));
        Assert.Empty(pair.Host.Connections);
        Assert.Empty(pair.Js.Events("connection-open"));
    }

    [Fact]
    public async Task We_refuse_a_js_dialer_whose_identity_did_not_sign()
    {
        await using var pair = await Pair.StartAsync(new JsPeerSettings { BadSignature = true });

        // The dialer speaks last: whether it hears of the refusal while it dials or after is a race.
        await Record.ExceptionAsync(() => pair.Js.DialAsync(pair.Address));
        Assert.Equal(Libp2pErrorCodes.BadSignature, await pair.RefusalAsync());
        Assert.Empty(pair.Host.Connections);
        await pair.Js.EventAsync("connection-close");
        Assert.Empty(await pair.Js.ConnectedAsync());
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task Js_refuses_a_peer_of_ours_whose_identity_did_not_sign(Side dialer)
    {
        await using var js = await JsPeer.StartAsync();
        using var shown = PrivateKey.Generate();
        using var thief = PrivateKey.Generate();
        var dial = await MeetAsync(js, dialer, shown, signer: thief);

        var failed = await js.EventAsync("handshake-failed");
        Assert.Equal((dialer == Side.Js ? "outbound" : "inbound", "Invalid payload signature"), ((string?)failed["direction"], (string?)failed["message"]));
        if (dialer == Side.Js)
        {
            Assert.Equal("EncryptionFailedError", Assert.IsType<JsFaultException>(dial).Name);
        }

        Assert.Empty(await js.ConnectedAsync());
        Assert.Empty(js.Events("connection-open"));
    }

    /// <summary>Shows that in the test above it is the signature that is refused, and nothing else.</summary>
    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task Js_accepts_the_same_handshake_with_the_right_signature(Side dialer)
    {
        await using var js = await JsPeer.StartAsync();
        using var honest = PrivateKey.Generate();
        Assert.Null(await MeetAsync(js, dialer, honest, signer: honest));
        Assert.Equal(honest.Peer.ToString(), (string?)(await js.EventAsync("connection-open"))["peer"]);
    }

    /// <summary>Lets js and a peer made by hand shake hands; what became of js's dial, if it dialed.</summary>
    private static async Task<Exception?> MeetAsync(JsPeer js, Side dialer, PrivateKey shown, PrivateKey signer)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var tcp = new TcpTransport();
        if (dialer == Side.CSharp)
        {
            await using var dialed = await tcp.DialAsync(js.Addresses[0], cancellation);
            await HandmadePeer.ShakeHandsAsync(dialed, isInitiator: true, shown, signer, cancellation);
            await js.EventAsync(shown == signer ? "connection-open" : "handshake-failed");
            return null;
        }

        await using var listener = await tcp.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"), cancellation);
        var dial = Record.ExceptionAsync(() => js.DialAsync(listener.LocalAddress.WithPeer(shown.Peer)));
        await using var accepted = await listener.AcceptAsync(cancellation);
        await HandmadePeer.ShakeHandsAsync(accepted!, isInitiator: false, shown, signer, cancellation);
        return await dial;
    }
}

using System.Buffers.Binary;
using System.IO.Pipelines;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Noise;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Tests.Noise;

public sealed class NoiseSecurityTests
{
    private static readonly string[] Yamux = ["/yamux/1.0.0"];
    private readonly PrivateKey _alice = PrivateKey.Generate();
    private readonly PrivateKey _bob = PrivateKey.Generate();

    [Fact]
    public async Task Both_sides_learn_the_other_and_the_muxer()
    {
        var (dialer, listener) = await SecureAsync(Yamux, Yamux, _bob.Peer);

        Assert.Equal(_bob.PublicKey, dialer.Identity);
        Assert.Equal(_alice.PublicKey, listener.Identity);
        Assert.Equal(("/yamux/1.0.0", "/yamux/1.0.0"), (dialer.Muxer, listener.Muxer));
    }

    [Fact]
    public async Task The_initiators_first_choice_wins()
    {
        var (dialer, listener) = await SecureAsync(["/x", "/y", "/z"], ["/z", "/y"], null);
        Assert.Equal(("/y", "/y"), (dialer.Muxer, listener.Muxer));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Muxers_are_left_to_negotiation_when_one_side_offers_none(bool initiatorOffers)
    {
        var (dialer, listener) = await SecureAsync(initiatorOffers ? Yamux : [], initiatorOffers ? [] : Yamux, null);
        Assert.Null(dialer.Muxer);
        Assert.Null(listener.Muxer);
    }

    [Fact]
    public async Task A_responder_makes_its_key_when_the_first_message_is_there_and_not_before()
    {
        var made = 0;
        using var security = new NoiseSecurity(_bob, Yamux)
        {
            NewEphemeral = () =>
            {
                made++;
                return NoiseKeyPair.Generate();
            },
        };
        var (near, far) = Pipes.CreatePair();
        var handshake = security.HandshakeAsync(far, isInitiator: false, null, TestContext.Current.CancellationToken).AsTask();
        Assert.Equal(0, made);

        // What is too short to be a first message costs nothing either.
        await near.Output.WriteAsync(new byte[] { 0, 31 }.Concat(new byte[31]).ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(Libp2pErrorCodes.HandshakeFailed, (await Assert.ThrowsAsync<Libp2pException>(() => handshake)).Code);
        Assert.Equal(0, made);

        (near, far) = Pipes.CreatePair();
        handshake = security.HandshakeAsync(far, isInitiator: false, null, TestContext.Current.CancellationToken).AsTask();
        using var dialer = new NoiseSecurity(_alice, Yamux);
        await dialer.HandshakeAsync(near, isInitiator: true, _bob.Peer, TestContext.Current.CancellationToken);
        await handshake;
        Assert.Equal(1, made);
    }

    [Fact]
    public async Task No_muxer_in_common_is_a_failure()
    {
        var fault = await Assert.ThrowsAsync<Libp2pException>(() => SecureAsync(["/x"], ["/y"], null));
        Assert.Equal(Libp2pErrorCodes.NotSupported, fault.Code);
    }

    [Fact]
    public async Task A_dialer_refuses_any_peer_but_the_expected_one_before_it_says_who_it_is()
    {
        var (near, far) = Pipes.CreatePair();
        using var security = new NoiseSecurity(_alice, Yamux);
        using var other = new NoiseSecurity(_bob, Yamux);
        var listen = other.HandshakeAsync(far, isInitiator: false, null, TestContext.Current.CancellationToken).AsTask();
        var fault = await Assert.ThrowsAsync<Libp2pException>(
            () => security.HandshakeAsync(near, isInitiator: true, _alice.Peer, TestContext.Current.CancellationToken).AsTask());

        Assert.Equal(Libp2pErrorCodes.PeerMismatch, fault.Code);
        await near.DisposeAsync();
        Assert.Equal(Libp2pErrorCodes.HandshakeFailed, (await Assert.ThrowsAsync<Libp2pException>(() => listen)).Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_identity_that_did_not_sign_the_static_key_is_refused(bool badInitiator)
    {
        var (near, far) = Pipes.CreatePair();
        using var good = new NoiseSecurity(_alice, Yamux);

        // The thief shows Bob's key with a signature of its own.
        using var thief = PrivateKey.Generate();
        var payload = NoisePayload.Encode(_bob.PublicKey, NoisePayload.Sign(thief, NoiseKeyPair.FromSeed(new byte[32]).PublicKey), Yamux);
        var honest = good.HandshakeAsync(near, isInitiator: !badInitiator, null, TestContext.Current.CancellationToken).AsTask();
        var thieving = ImpersonateAsync(far, badInitiator, payload);

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => honest);
        Assert.Equal(Libp2pErrorCodes.BadSignature, fault.Code);
        await thieving;
    }

    [Theory]
    [InlineData(NoiseSecurity.MaxHandshakeMessage, Libp2pErrorCodes.HandshakeFailed)]
    [InlineData(NoiseSecurity.MaxHandshakeMessage + 1, Libp2pErrorCodes.LimitReached)]
    public async Task A_handshake_message_is_read_up_to_the_limit_only(int length, string code)
    {
        var (near, far) = Pipes.CreatePair();
        using var security = new NoiseSecurity(_alice, Yamux);
        var handshake = security.HandshakeAsync(near, isInitiator: true, null, TestContext.Current.CancellationToken).AsTask();
        var message = new byte[2 + length];
        BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)length);
        await far.Output.WriteAsync(message, TestContext.Current.CancellationToken);

        Assert.Equal(code, (await Assert.ThrowsAsync<Libp2pException>(() => handshake)).Code);
    }

    [Fact]
    public async Task The_handshake_succeeds_cut_at_every_byte()
    {
        for (var cut = 1; ; cut++)
        {
            var (near, nearRelay) = Pipes.CreatePair();
            var (farRelay, far) = Pipes.CreatePair();
            using var a = new NoiseSecurity(_alice, Yamux);
            using var b = new NoiseSecurity(_bob, Yamux);
            var there = RelayAsync(nearRelay, farRelay, cut);
            var back = RelayAsync(farRelay, nearRelay, cut);
            var dial = a.HandshakeAsync(near, isInitiator: true, _bob.Peer, TestContext.Current.CancellationToken).AsTask();
            var listen = b.HandshakeAsync(far, isInitiator: false, null, TestContext.Current.CancellationToken).AsTask();
            await Task.WhenAll(dial, listen);
            await near.DisposeAsync();
            await far.DisposeAsync();
            var most = Math.Max(await there, await back);
            if (cut > most)
            {
                break;
            }
        }
    }

    private async Task<(NoiseChannel Dialer, NoiseChannel Listener)> SecureAsync(string[] dialerMuxers, string[] listenerMuxers, PeerId? expected)
    {
        var (near, far) = Pipes.CreatePair();
        using var a = new NoiseSecurity(_alice, dialerMuxers);
        using var b = new NoiseSecurity(_bob, listenerMuxers);
        var dial = a.HandshakeAsync(near, isInitiator: true, expected, TestContext.Current.CancellationToken).AsTask();
        var listen = b.HandshakeAsync(far, isInitiator: false, null, TestContext.Current.CancellationToken).AsTask();
        await Task.WhenAll(dial, listen);
        return (await dial, await listen);
    }

    /// <summary>Runs the other side of a handshake with a payload of the caller's making.</summary>
    private static async Task ImpersonateAsync(ITransportConnection pipe, bool isInitiator, byte[] payload)
    {
        using var noise = new NoiseHandshake(isInitiator, NoiseKeyPair.FromSeed(new byte[32]), NoiseKeyPair.Generate());
        if (isInitiator)
        {
            await SendAsync(pipe.Output, noise.WriteFirst([]));
            noise.ReadSecond(await ReceiveAsync(pipe.Input));
            await SendAsync(pipe.Output, noise.WriteThird(payload));
        }
        else
        {
            noise.ReadFirst(await ReceiveAsync(pipe.Input));
            await SendAsync(pipe.Output, noise.WriteSecond(payload));
        }
    }

    private static async Task SendAsync(PipeWriter output, byte[] message) =>
        await output.WriteAsync((byte[])[(byte)(message.Length >> 8), (byte)message.Length, .. message], TestContext.Current.CancellationToken);

    private static async Task<byte[]> ReceiveAsync(PipeReader input) =>
        await input.ReadExactlyAsync(BinaryPrimitives.ReadUInt16BigEndian(await input.ReadExactlyAsync(2)));

    /// <summary>Passes bytes on, the first <paramref name="cut"/> on their own, and returns how many passed.</summary>
    private static async Task<long> RelayAsync(ITransportConnection from, ITransportConnection to, int cut)
    {
        long passed = 0;
        while (true)
        {
            var result = await from.Input.ReadAsync(TestContext.Current.CancellationToken);
            var bytes = result.Buffer;
            if (result.IsCompleted && bytes.IsEmpty)
            {
                return passed;
            }

            var part = passed < cut ? bytes.Slice(0, Math.Min(bytes.Length, cut - passed)) : bytes;
            foreach (var segment in part)
            {
                await to.Output.WriteAsync(segment, TestContext.Current.CancellationToken);
            }

            passed += part.Length;
            from.Input.AdvanceTo(part.End);
        }
    }
}

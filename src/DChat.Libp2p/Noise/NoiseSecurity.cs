using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Noise;

/// <summary>
/// Secures a connection with Noise XX and proves both identities (noise/README.md). One per host: the static key is
/// made once and signed once.
/// </summary>
internal sealed class NoiseSecurity : IDisposable
{
    internal const string Protocol = "/noise";

    /// <summary>The longest handshake message that is accepted, in bytes: the payload holds a key, a signature and short lists.</summary>
    internal const int MaxHandshakeMessage = 8192;

    private readonly NoiseKeyPair _static;
    private readonly byte[] _payload;
    private readonly IReadOnlyList<string> _muxers;

    internal NoiseSecurity(PrivateKey identity, IReadOnlyList<string> muxers)
        : this(identity, muxers, NoiseKeyPair.Generate())
    {
    }

    internal NoiseSecurity(PrivateKey identity, IReadOnlyList<string> muxers, NoiseKeyPair staticKey)
    {
        _static = staticKey;
        _muxers = muxers;
        _payload = NoisePayload.Encode(identity.PublicKey, NoisePayload.Sign(identity, _static.PublicKey), muxers);
    }

    /// <summary>Makes the key of one handshake.</summary>
    internal Func<NoiseKeyPair> NewEphemeral { get; init; } = NoiseKeyPair.Generate;

    /// <summary>Runs the handshake.</summary>
    /// <param name="transport">The connection, after <c>/noise</c> was agreed on.</param>
    /// <param name="isInitiator">Whether this side dialed.</param>
    /// <param name="expected">Whom the dialer wants to reach; null when anyone will do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Libp2pException">The peer is not who it says, or not the expected one, or breaks the protocol.</exception>
    internal async ValueTask<NoiseChannel> HandshakeAsync(IDuplexPipe transport, bool isInitiator, PeerId? expected, CancellationToken cancellationToken)
    {
        using var handshake = new NoiseHandshake(isInitiator, _static, NewEphemeral);
        NoisePayload remote;
        if (isInitiator)
        {
            await SendAsync(transport.Output, handshake.WriteFirst([]), cancellationToken).ConfigureAwait(false);
            var second = await ReceiveAsync(transport.Input, cancellationToken).ConfigureAwait(false);
            remote = NoisePayload.Open(handshake.ReadSecond(second), handshake.RemoteStatic);

            // Checked before the third message: a stranger does not even learn who we are.
            ExpectPeer(remote.Identity.Peer, expected);
            await SendAsync(transport.Output, handshake.WriteThird(_payload), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            handshake.ReadFirst(await ReceiveAsync(transport.Input, cancellationToken).ConfigureAwait(false));
            await SendAsync(transport.Output, handshake.WriteSecond(_payload), cancellationToken).ConfigureAwait(false);
            var third = await ReceiveAsync(transport.Input, cancellationToken).ConfigureAwait(false);
            remote = NoisePayload.Open(handshake.ReadThird(third), handshake.RemoteStatic);
            ExpectPeer(remote.Identity.Peer, expected);
        }

        var muxer = isInitiator ? ChooseMuxer(_muxers, remote.Muxers) : ChooseMuxer(remote.Muxers, _muxers);
        return Split(handshake, transport, remote.Identity, muxer);
    }

    public void Dispose() => _static.Dispose();

    /// <summary>
    /// The first muxer of the initiator's list that both have (connections/inlined-muxer-negotiation.md); null, which
    /// means multistream-select, when either side offers none.
    /// </summary>
    private static string? ChooseMuxer(IReadOnlyList<string> initiator, IReadOnlyList<string> responder)
    {
        if (initiator.Count == 0 || responder.Count == 0)
        {
            return null;
        }

        return initiator.FirstOrDefault(responder.Contains)
            ?? throw new Libp2pException(Libp2pErrorCodes.NotSupported, "The two sides share no stream multiplexer.");
    }

    private static void ExpectPeer(PeerId actual, PeerId? expected)
    {
        if (expected is not null && !expected.Equals(actual))
        {
            throw new Libp2pException(Libp2pErrorCodes.PeerMismatch, $"Expected {expected}, found {actual}.");
        }
    }

    private static NoiseChannel Split(NoiseHandshake handshake, IDuplexPipe transport, PublicKey identity, string? muxer)
    {
        Span<byte> send = stackalloc byte[32], receive = stackalloc byte[32];
        handshake.Split(send, receive);
        return new NoiseChannel(identity, muxer, new NoiseStream(transport, new NoiseCipher(send), new NoiseCipher(receive)));
    }

    private static async ValueTask SendAsync(PipeWriter output, byte[] message, CancellationToken cancellationToken)
    {
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(2), (ushort)message.Length);
        output.Advance(2);
        output.Write(message);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<byte[]> ReceiveAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            if (NoiseFraming.TryRead(ref buffer, MaxHandshakeMessage, out var message))
            {
                var bytes = message.ToArray();
                input.AdvanceTo(buffer.Start);
                return bytes;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                throw new Libp2pException(Libp2pErrorCodes.HandshakeFailed, "The peer closed the connection during the handshake.", isTransient: true);
            }
        }
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Negotiation;
using DChat.Libp2p.Noise;
using DChat.Libp2p.Transports;

namespace DChat.Interop.Tests;

/// <summary>The handshake of a peer step by step, so that it can be done wrong.</summary>
internal static class HandmadePeer
{
    /// <summary>Does all that is this side's to do.</summary>
    /// <param name="connection">A fresh connection.</param>
    /// <param name="isInitiator">Whether this side dialed.</param>
    /// <param name="shown">Whose identity is shown.</param>
    /// <param name="signer">Who signs; an honest peer is both.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task ShakeHandsAsync(
        ITransportConnection connection, bool isInitiator, PrivateKey shown, PrivateKey signer, CancellationToken cancellationToken)
    {
        using var staticKey = NoiseKeyPair.Generate();
        using var ephemeralKey = NoiseKeyPair.Generate();
        using var noise = new NoiseHandshake(isInitiator, staticKey, ephemeralKey);
        var payload = NoisePayload.Encode(shown.PublicKey, NoisePayload.Sign(signer, staticKey.PublicKey), ["/yamux/1.0.0"]);
        string[] securities = ["/noise"];
        if (isInitiator)
        {
            await MultistreamSelect.SelectAsync(connection, securities, cancellationToken);
            await SendAsync(connection.Output, noise.WriteFirst([]), cancellationToken);
            noise.ReadSecond(await ReceiveAsync(connection.Input, cancellationToken));
            await SendAsync(connection.Output, noise.WriteThird(payload), cancellationToken);
        }
        else
        {
            await MultistreamSelect.ListenAsync(connection, securities.Contains, () => securities, cancellationToken);
            noise.ReadFirst(await ReceiveAsync(connection.Input, cancellationToken));
            await SendAsync(connection.Output, noise.WriteSecond(payload), cancellationToken);
        }
    }

    /// <summary>Every message is <c>u16 length ‖ bytes</c>.</summary>
    private static async Task SendAsync(PipeWriter output, byte[] message, CancellationToken cancellationToken) =>
        await output.WriteAsync((byte[])[(byte)(message.Length >> 8), (byte)message.Length, .. message], cancellationToken);

    private static async Task<byte[]> ReceiveAsync(PipeReader input, CancellationToken cancellationToken) =>
        await ReadAsync(input, BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(input, 2, cancellationToken)), cancellationToken);

    private static async Task<byte[]> ReadAsync(PipeReader input, int length, CancellationToken cancellationToken)
    {
        var result = await input.ReadAtLeastAsync(length, cancellationToken);
        var bytes = result.Buffer.Slice(0, length).ToArray();
        input.AdvanceTo(result.Buffer.GetPosition(length));
        return bytes;
    }
}

using System.IO.Pipelines;
using DChat.Libp2p;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Negotiation;
using DChat.Libp2p.Noise;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Yamux;
using DChat.Testing.Gateways;

namespace DChat.EndToEnd.Tests.Gateways.Hostile;

/// <summary>A connection without a multiplexer: whoever holds it writes the bytes itself, before the handshake or after it.</summary>
internal sealed class RawPeer : IAsyncDisposable
{
    private readonly ITransportConnection _transport;
    private IDuplexPipe _pipe;

    private RawPeer(ITransportConnection transport)
    {
        _transport = transport;
        _pipe = transport;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Connects and says nothing yet.</summary>
    public static async Task<RawPeer> ConnectAsync(Multiaddr gateway) =>
        new(await new HostileTransport(Mallory.Home).DialAsync(gateway.WithoutPeer(), Cancel));

    /// <summary>Proves who it is, as any peer; what is written from here on are yamux frames, or should be.</summary>
    public async Task AuthenticateAsync()
    {
        await MultistreamSelect.SelectAsync(_transport, [NoiseSecurity.Protocol], Cancel);
        using var security = new NoiseSecurity(PrivateKey.Generate(), [YamuxSession.Protocol]);
        var channel = await security.HandshakeAsync(_transport, isInitiator: true, expected: null, Cancel);
        _pipe = new StreamPipe(channel.Stream);
    }

    /// <summary>Writes bytes; false when the other side has closed.</summary>
    public async Task<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return !(await _pipe.Output.WriteAsync(bytes, Cancel)).IsCompleted;
        }
        catch (Exception e) when (e is IOException or Libp2pException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Reads until the other side closes.</summary>
    public async Task WaitForEndAsync()
    {
        try
        {
            while (await _pipe.Input.ReadAsync(Cancel) is { IsCompleted: false } read)
            {
                _pipe.Input.AdvanceTo(read.Buffer.End);
            }
        }
        catch (Exception e) when (e is IOException or Libp2pException or ObjectDisposedException)
        {
            // Closed hard: that is an end.
        }
    }

    /// <summary>A yamux frame; its length need not be true.</summary>
    public static byte[] Frame(YamuxType type, YamuxFlags flags, uint stream, uint length, int payload = 0)
    {
        var frame = new byte[YamuxHeader.Size + payload];
        new YamuxHeader(type, flags, stream, length).Write(frame);
        return frame;
    }

    public ValueTask DisposeAsync() => _transport.DisposeAsync();
}

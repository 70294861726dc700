using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Negotiation;
using DChat.Libp2p.Noise;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>A peer whose handshake is as it should be, and whose frames of yamux are whatever it likes.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly NoiseStream _stream;
    private readonly Task _reading;

    private RawConnection(PeerId peer, NoiseStream stream, bool reads)
    {
        Peer = peer;
        _stream = stream;
        _reading = reads ? ReadAsync() : Task.CompletedTask;
    }

    public PeerId Peer { get; }

    /// <summary>Connects to a host; what it is sent is read and dropped, or never read.</summary>
    public static async Task<RawConnection> ConnectAsync(TestNetwork network, Libp2pHost host, bool reads)
    {
        using var key = PrivateKey.Generate();
        using var security = new NoiseSecurity(key, Upgrader.Muxers);
        var transport = await network.Transport.DialAsync(host.ListenAddresses[0], TestContext.Current.CancellationToken);
        await MultistreamSelect.SelectAsync(transport, [NoiseSecurity.Protocol], TestContext.Current.CancellationToken);
        var channel = await security.HandshakeAsync(transport, isInitiator: true, host.LocalPeer, TestContext.Current.CancellationToken);
        return new RawConnection(key.Peer, channel.Stream, reads);
    }

    /// <summary>Sends one after another until all is sent or it is cut off.</summary>
    public async Task FloodAsync(IEnumerable<byte[]> writes)
    {
        try
        {
            foreach (var bytes in writes)
            {
                await _stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
            }
        }
        catch (Exception e) when (e is Libp2pException or IOException)
        {
            // As good an end.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _reading;
        await _stream.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await _stream.ReadAsync(buffer, TestContext.Current.CancellationToken) > 0)
            {
                // Dropped.
            }
        }
        catch (Exception e) when (e is Libp2pException or IOException or InvalidOperationException or OperationCanceledException)
        {
            // Cut off.
        }
    }
}

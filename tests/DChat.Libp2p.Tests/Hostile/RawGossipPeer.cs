using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Protocols.Gossip;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>A peer that speaks gossipsub by hand: it sends whatever bytes it likes, and counts what it hears.</summary>
internal sealed class RawGossipPeer : IAsyncDisposable
{
    private const string Protocol = "/meshsub/1.2.0";

    private readonly Lock _gate = new();
    private readonly bool _reads;
    private readonly TaskCompletionSource _streamEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Libp2pStream _stream = null!;

    private RawGossipPeer(Libp2pHost host, bool reads)
    {
        Host = host;
        _reads = reads;
    }

    public Libp2pHost Host { get; }

    /// <summary>Ids it was asked for.</summary>
    public int Iwanted { get; private set; }

    /// <summary>Messages it was sent.</summary>
    public int Messages { get; private set; }

    public int Prunes { get; private set; }

    public int Grafts { get; private set; }

    /// <summary>Completes when a stream to a peer that does not read has ended.</summary>
    public Task StreamEnded => _streamEnded.Task;

    /// <summary>Starts a peer and connects it; its first stream is open then.</summary>
    public static async Task<RawGossipPeer> ConnectAsync(TestNetwork network, string name, GossipNode hub, bool reads = true)
    {
        var peer = new RawGossipPeer(await network.StartAsync(name), reads);
        peer.Host.SetStreamHandler(Protocol, peer.ListenAsync);
        await peer.Host.ConnectAndIdentifyAsync(hub.Host);
        await peer.OpenAsync(hub);
        await GossipNode.UntilAsync(() => hub.Gossip.Peers.Contains(peer.Host.LocalPeer));
        return peer;
    }

    /// <summary>Opens a stream to send on, a new one if there was one.</summary>
    public async Task OpenAsync(GossipNode hub) =>
        _stream = await Host.NewStreamAsync(hub.Peer, [Protocol], TestContext.Current.CancellationToken);

    public async Task SendAsync(byte[] rpc)
    {
        LengthPrefixed.Write(_stream.Output, rpc);
        await _stream.Output.FlushAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Sends one after another until all is sent or it is cut off.</summary>
    public async Task FloodAsync(byte[][] rpcs)
    {
        try
        {
            foreach (var rpc in rpcs)
            {
                await SendAsync(rpc);
            }
        }
        catch (Libp2pException)
        {
            // As good an end.
        }
    }

    public async Task SendRawAsync(byte[] bytes) => await _stream.Output.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>Sends a message and waits until it has been judged, and with it all that was sent before.</summary>
    public async Task SettleAsync(GossipNode hub, string text)
    {
        var frame = GossipPacket.Create(default, GossipNode.Topic, System.Text.Encoding.UTF8.GetBytes(text)).Frame;
        await SendAsync(frame.ToArray());
        while (await hub.NextTextAsync() != text)
        {
            // Others are as good a sign of life, but not the one waited for.
        }
    }

    /// <summary>Whether the other side has ended the stream.</summary>
    public async Task<bool> WasResetAsync()
    {
        try
        {
            var read = await _stream.Input.ReadAsync(TestContext.Current.CancellationToken);
            return read.IsCompleted;
        }
        catch (Libp2pException)
        {
            return true;
        }
    }

    public async ValueTask DisposeAsync() => await _stream.DisposeAsync();

    private async Task ListenAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        if (!_reads)
        {
            await stream.Completion.WaitAsync(cancellationToken);
            _streamEnded.TrySetResult();
            return;
        }

        var reader = new GossipRpcReader();
        while (await LengthPrefixed.ReadAsync(stream.Input, 1 << 20, cancellationToken) is { } bytes)
        {
            var rpc = reader.Read(bytes)!;
            lock (_gate)
            {
                Iwanted += rpc.Iwant.Count;
                Messages += rpc.Messages.Count;
                Prunes += rpc.Prune.Count;
                Grafts += rpc.Graft.Count;
            }
        }
    }
}

using System.Buffers.Binary;
using System.Text;
using DChat.Interop.Tests.Js;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Streams;

namespace DChat.Interop.Tests.Gossip;

/// <summary>A host of ours that gossips with one js peer by hand, so that it can do it wrong.</summary>
internal sealed class HandmadeGossiper(Libp2pHost host, Libp2pStream stream) : IAsyncDisposable
{
    private readonly GossipRpcWriter _writer = new();
    private ulong _sequence;

    public PeerId Id => host.LocalPeer;

    public static async Task<HandmadeGossiper> ConnectAsync(JsPeer js)
    {
        var host = await Pair.StartHostAsync();

        // js speaks with those alone who say that they speak it too.
        host.SetStreamHandler(Gossipsub.Protocols[0], (stream, token) => stream.Input.CopyToAsync(Stream.Null, token));
        var connection = await host.ConnectAsync(js.Addresses[0], TestContext.Current.CancellationToken);
        return new HandmadeGossiper(host, await host.NewStreamAsync(connection, Gossipsub.Protocols, TestContext.Current.CancellationToken));
    }

    public Task SubscribeAsync()
    {
        var batch = new GossipBatch();
        batch.Subscriptions.Add((GossipHost.Topic, true));
        return SendAsync(batch);
    }

    /// <summary>Sends a message in its own name.</summary>
    public Task PublishAsync(string text) => SendAsync(GossipSignature.Sign(
        host.PublicKey, data => host.Sign(data), GossipMessageIds.OfAuthor, GossipHost.Topic, Encoding.Latin1.GetBytes(text), ++_sequence));

    /// <summary>The same, with a signature that is nobody's.</summary>
    public Task ForgeAsync(string text)
    {
        var sequence = new byte[WireMessage.SequenceLength];
        BinaryPrimitives.WriteUInt64BigEndian(sequence, ++_sequence);
        var message = new WireMessage
        {
            HasFrom = true,
            From = Id.Bytes.Span,
            HasData = true,
            Data = Encoding.Latin1.GetBytes(text),
            HasSequence = true,
            Sequence = sequence,
            HasSignature = true,
            Signature = new byte[64],
        };
        return SendAsync(GossipPacket.Create(new GossipMessageId(sequence), GossipHost.Topic, message, Id));
    }

    public async ValueTask DisposeAsync() => await host.DisposeAsync();

    private Task SendAsync(GossipPacket packet)
    {
        var batch = new GossipBatch();
        batch.Packets.Add(packet);
        return SendAsync(batch);
    }

    private async Task SendAsync(GossipBatch batch)
    {
        _writer.Write(stream.Output, batch);
        await stream.Output.FlushAsync(TestContext.Current.CancellationToken);
    }
}

using System.Threading.Channels;
using DChat.Core.Topics;
using DChat.Gateway.Fanout;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossipsub;
using DChat.Testing.Clusters;

namespace DChat.Testing.Gateways;

/// <summary>A peer that gossips and takes whatever comes.</summary>
public sealed class GossipPeer : IAsyncDisposable
{
    private readonly Channel<ReadOnlyMemory<byte>> _received = Channel.CreateUnbounded<ReadOnlyMemory<byte>>();
    private readonly Gossipsub _gossipsub;
    private readonly PeerId _gateway;

    private GossipPeer(Gossipsub gossipsub, PeerId gateway)
    {
        _gossipsub = gossipsub;
        _gateway = gateway;
    }

    public static async Task<GossipPeer> StartAsync(Libp2pHost host, PeerId gateway, CancellationToken cancellationToken)
    {
        var gossipsub = new Gossipsub(host, new GossipsubOptions());
        await gossipsub.StartAsync(cancellationToken);
        return new GossipPeer(gossipsub, gateway);
    }

    /// <summary>Takes part in a shard's topic; returns when the gateway is known to, too.</summary>
    public async Task JoinAsync(ShardId shard, CancellationToken cancellationToken)
    {
        var topic = GossipTopics.Of(TestCluster.Network, shard);
        using var changes = _gossipsub.WatchSubscriptions();
        _gossipsub.Subscribe(topic, new GossipTopicOptions { Validator = TakeAsync });
        await foreach (var change in changes.WithCancellation(cancellationToken))
        {
            if (change.IsSubscribed && change.Topic == topic && change.Peer.Equals(_gateway))
            {
                return;
            }
        }
    }

    public void Leave(ShardId shard) => _gossipsub.Unsubscribe(GossipTopics.Of(TestCluster.Network, shard));

    public GossipPublishResult Publish(ShardId shard, ReadOnlyMemory<byte> envelope) =>
        _gossipsub.Publish(GossipTopics.Of(TestCluster.Network, shard), envelope);

    /// <summary>The next message.</summary>
    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => _received.Reader.ReadAsync(cancellationToken);

    /// <summary>Waits for something to read; false when nothing came in time.</summary>
    public async Task<bool> WaitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await _received.Reader.WaitToReadAsync(cancellationToken).AsTask().WaitAsync(patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>What has come and was not read yet.</summary>
    public int Unread => _received.Reader.Count;

    public ValueTask DisposeAsync() => _gossipsub.DisposeAsync();

    private ValueTask<GossipVerdict> TakeAsync(GossipMessage message, CancellationToken cancellationToken)
    {
        _received.Writer.TryWrite(message.Data);
        return ValueTask.FromResult(GossipVerdict.Accept);
    }
}

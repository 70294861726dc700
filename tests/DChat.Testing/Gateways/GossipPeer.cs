using System.Threading.Channels;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Testing.Clusters;

namespace DChat.Testing.Gateways;

/// <summary>A peer that gossips and takes whatever comes.</summary>
public sealed class GossipPeer : IAsyncDisposable
{
    private readonly Channel<ReadOnlyMemory<byte>> _received = Channel.CreateUnbounded<ReadOnlyMemory<byte>>();
    private readonly Gossipsub _gossipsub;

    private GossipPeer(Gossipsub gossipsub, string topic)
    {
        _gossipsub = gossipsub;
        Topic = topic;
    }

    /// <summary>The topic it publishes to: that of its first shard.</summary>
    public string Topic { get; }

    /// <summary>Starts a peer that takes part in the topics of shards.</summary>
    public static async Task<GossipPeer> StartAsync(Libp2pHost host, IReadOnlyList<ShardId> shards, CancellationToken cancellationToken)
    {
        var gossipsub = new Gossipsub(host, new GossipsubOptions());
        var peer = new GossipPeer(gossipsub, GossipTopics.Of(TestCluster.Network, shards[0]));
        foreach (var shard in shards)
        {
            gossipsub.Subscribe(GossipTopics.Of(TestCluster.Network, shard), new GossipTopicOptions { Validator = peer.TakeAsync });
        }

        await gossipsub.StartAsync(cancellationToken);
        return peer;
    }

    public GossipPublishResult Publish(ReadOnlyMemory<byte> envelope) => _gossipsub.Publish(Topic, envelope);

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

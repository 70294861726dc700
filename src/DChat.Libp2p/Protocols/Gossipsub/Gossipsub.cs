using System.Diagnostics.Metrics;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Gossipsub;

/// <summary>
/// Publish and subscribe with the peers of a host: gossipsub 1.2, 1.1 and 1.0 (pubsub/gossipsub). Thread-safe.
/// </summary>
/// <remarks>Make it, <see cref="StartAsync"/> it, dispose it before its host. One for a host.</remarks>
public sealed class Gossipsub : IAsyncDisposable
{
    /// <summary>The longest topic, in bytes of UTF-8; longer ones of peers are passed over.</summary>
    public const int MaxTopicLength = 256;

    /// <summary>The protocol ids, the newest first.</summary>
    public static IReadOnlyList<string> Protocols { get; } = ["/meshsub/1.2.0", "/meshsub/1.1.0", "/meshsub/1.0.0"];

    /// <summary>Gossipsub that has not started.</summary>
    /// <param name="host">The host, not disposed by this.</param>
    /// <param name="options">How it works.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <param name="logger">Where it logs; nowhere when null.</param>
    /// <param name="meters">Makes its meter; an own one when null.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Gossipsub(
        Libp2pHost host, GossipsubOptions options, TimeProvider? time = null, ILogger<Gossipsub>? logger = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }
    }

    /// <summary>The topics subscribed to.</summary>
    public IReadOnlyList<string> Topics => throw new NotSupportedException();

    /// <summary>The peers spoken with.</summary>
    public IReadOnlyList<PeerId> Peers => throw new NotSupportedException();

    /// <summary>Serves the protocols on the host and speaks them with every peer that does, connected now or later.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Takes part in a topic: peers are told, and messages come to the validator.</summary>
    /// <exception cref="ArgumentException">The topic is empty or longer than <see cref="MaxTopicLength"/> bytes of UTF-8.</exception>
    /// <exception cref="InvalidOperationException">It is subscribed to already.</exception>
    public void Subscribe(string topic, GossipTopicOptions options) => throw new NotSupportedException();

    /// <summary>Ceases to take part in a topic. Messages that a validator has already may still be accepted, and go nowhere.</summary>
    /// <returns>Whether it was subscribed to.</returns>
    public bool Unsubscribe(string topic) => throw new NotSupportedException();

    /// <summary>Sends a message to the peers of a topic, which need not be subscribed to. Does not wait for them, and does not call the validator.</summary>
    /// <returns>What became of it.</returns>
    /// <exception cref="ArgumentException">The topic's length is wrong, or the message does not fit into <see cref="GossipsubLimits.MaxRpcSent"/>.</exception>
    public GossipPublishResult Publish(string topic, ReadOnlyMemory<byte> data) => throw new NotSupportedException();

    /// <summary>Sends messages of one topic; cheaper than one by one.</summary>
    /// <returns>What became of each, in order.</returns>
    /// <exception cref="ArgumentException">As for one; then none is sent.</exception>
    public IReadOnlyList<GossipPublishResult> Publish(string topic, IReadOnlyList<ReadOnlyMemory<byte>> data) => throw new NotSupportedException();

    /// <summary>The peers that want a topic.</summary>
    public IReadOnlyList<PeerId> PeersOf(string topic) => throw new NotSupportedException();

    /// <summary>The mesh of a topic: peers that full messages are exchanged with; empty when it is not subscribed to.</summary>
    public IReadOnlyList<PeerId> MeshOf(string topic) => throw new NotSupportedException();

    /// <summary>What peers want now, and every change from now on.</summary>
    public GossipSubscriptionFeed WatchSubscriptions() => throw new NotSupportedException();

    /// <summary>Leaves every topic, ends every stream and waits for validators to return.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}

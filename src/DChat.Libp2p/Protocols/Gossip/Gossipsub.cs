using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>
/// Publish and subscribe with the peers of a host: gossipsub 1.2, 1.1 and 1.0 (pubsub/gossipsub). Thread-safe.
/// </summary>
/// <remarks>Make it, <see cref="StartAsync"/> it, dispose it before its host. One for a host.</remarks>
public sealed partial class Gossipsub : IAsyncDisposable
{
    /// <summary>The longest topic, in bytes of UTF-8; longer ones of peers are passed over.</summary>
    public const int MaxTopicLength = 256;

    private readonly ILibp2pHost _host;
    private readonly GossipsubOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly GossipInstruments _instruments;
    private readonly TopicPolicy _fanoutPolicy;
    private readonly ConcurrentDictionary<string, TopicPolicy> _topics = new(StringComparer.Ordinal);
    private readonly long _started;
    private readonly TaskGroup _tasks;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Guards the router, the sessions and the feeds.</summary>
    private readonly Lock _gate = new();
    private readonly GossipRouter _router;
    private readonly OutboxBudget _budget;
    private readonly GossipDialer _dialer;
    private readonly Dictionary<PeerId, GossipSession> _sessions = [];
    private readonly List<GossipSubscriptionFeed> _feeds = [];
    private State _state;
    private ulong _sequence;

    /// <summary>Gossipsub that has not started.</summary>
    /// <param name="host">The host, not disposed by this.</param>
    /// <param name="options">How it works.</param>
    /// <param name="time">The clock; the host's when null.</param>
    /// <param name="logger">Where it logs; nowhere when null.</param>
    /// <param name="meters">Makes its meter; an own one when null.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Gossipsub(
        ILibp2pHost host, GossipsubOptions options, TimeProvider? time = null, ILogger<Gossipsub>? logger = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        _host = host;
        _options = options;
        _time = time ?? host.Time;
        _logger = logger ?? NullLogger<Gossipsub>.Instance;
        _tasks = new TaskGroup(_logger);
        _started = _time.GetTimestamp();
        _budget = new OutboxBudget(options.Limits.MaxQueuedBytesInAll);
        _dialer = new GossipDialer(host, options.Limits, _time, _logger);
        _fanoutPolicy = TopicPolicy.Of(options.FanoutPolicy, options.FanoutMessageId);
        _router = new GossipRouter(options, RandomNumberGenerator.GetInt32(int.MaxValue))
        {
            TopicFilter = options.TopicFilter is { } filter ? topic => IsWanted(filter, topic) : null,
            MayIntroduce = options.AcceptsExchangeOf is { } accepts ? peer => MayIntroduce(accepts, peer) : null,
            Observers = [.. new[] { new MeshTags(host.ConnectionManager), options.Observer }.OfType<IGossipObserver>().Select(o => new GuardedObserver(o, _logger))],
        };
        _instruments = new GossipInstruments(meters, _router.Counters, Observe);

        // Above every number of an earlier run: peers take messages for old ones otherwise.
        _sequence = (ulong)(_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
    }

    private enum State
    {
        Made,
        Running,
        Stopped,
    }

    /// <summary>The protocol ids, the newest first.</summary>
    public static IReadOnlyList<string> Protocols { get; } = ["/meshsub/1.2.0", "/meshsub/1.1.0", "/meshsub/1.0.0"];

    /// <summary>The topics subscribed to.</summary>
    public IReadOnlyList<string> Topics { get { lock (_gate) { return [.. _router.Topics]; } } }

    /// <summary>The peers spoken with.</summary>
    public IReadOnlyList<PeerId> Peers { get { lock (_gate) { return [.. _router.Peers]; } } }

    internal GossipCounters Counters => _router.Counters;

    private TimeSpan Now => _time.GetElapsedTime(_started);

    /// <summary>Takes part in a topic: peers are told, and messages come to the validator.</summary>
    /// <exception cref="ArgumentException">
    /// The topic is empty or longer than <see cref="MaxTopicLength"/> bytes of UTF-8, or an option of its score is out of range.
    /// </exception>
    /// <exception cref="InvalidOperationException">It is subscribed to already.</exception>
    public void Subscribe(string topic, GossipTopicOptions options)
    {
        CheckTopic(topic);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(options.Validator, nameof(options));
        if (options.Score?.Validate() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_state == State.Stopped, this);
            if (!_router.Join(topic, Now, options.Score))
            {
                throw new InvalidOperationException($"The topic '{topic}' is subscribed to already.");
            }

            _topics[topic] = TopicPolicy.Of(options);
            Apply();
        }
    }

    /// <summary>Ceases to take part in a topic. Messages that a validator has already may still be accepted, and go nowhere.</summary>
    /// <returns>Whether it was subscribed to.</returns>
    public bool Unsubscribe(string topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        lock (_gate)
        {
            var left = _router.Leave(topic, Now);
            _topics.TryRemove(topic, out _);
            Apply();
            return left;
        }
    }

    /// <summary>
    /// Sends a message to the peers of a topic, which need not be subscribed to. Does not wait for them, and does not call the
    /// validator. What the validator has ignored may still be published; what it has not judged yet is accepted thereby.
    /// </summary>
    /// <returns>What became of it.</returns>
    /// <exception cref="ArgumentException">The topic's length is wrong, or the message does not fit into <see cref="GossipsubLimits.MaxRpcSent"/>.</exception>
    public GossipPublishResult Publish(string topic, ReadOnlyMemory<byte> data) => Publish(topic, [data])[0];

    /// <summary>Sends messages of one topic; cheaper than one by one.</summary>
    /// <returns>What became of each, in order.</returns>
    /// <exception cref="ArgumentException">As for one; then none is sent.</exception>
    public IReadOnlyList<GossipPublishResult> Publish(string topic, IReadOnlyList<ReadOnlyMemory<byte>> data)
    {
        CheckTopic(topic);
        ArgumentNullException.ThrowIfNull(data);
        var policy = _topics.GetValueOrDefault(topic, _fanoutPolicy);
        var messages = EncodeNew(policy, topic, data);
        var results = new GossipPublishResult[messages.Length];
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_state == State.Stopped, this);
            var now = Now;
            for (var i = 0; i < messages.Length; i++)
            {
                var (id, packet) = messages[i];

                // While others were encoded the validator may have ignored it: then it is new after all, and nobody else sends it.
                packet ??= _router.IsKnown(id) ? null : Fitting(GossipPacket.Create(id, topic, data[i].Span), data[i]);
                var isNew = packet is not null && _router.Publish(packet, now);
                if (packet is null)
                {
                    _router.PublishKnown(id, now);
                }

                results[i] = new GossipPublishResult(id, !isNew, Apply());
            }
        }

        return results;
    }

    /// <summary>The peers that want a topic.</summary>
    public IReadOnlyList<PeerId> PeersOf(string topic) { lock (_gate) { return [.. _router.PeersOf(topic)]; } }

    /// <summary>The mesh of a topic: peers that full messages are exchanged with; empty when it is not subscribed to.</summary>
    public IReadOnlyList<PeerId> MeshOf(string topic) { lock (_gate) { return [.. _router.MeshOf(topic)]; } }

    /// <summary>What peers want now, and every change from now on.</summary>
    public GossipSubscriptionFeed WatchSubscriptions()
    {
        var feed = new GossipSubscriptionFeed(f => { lock (_gate) { _feeds.Remove(f); } });
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_state == State.Stopped, this);
            foreach (var (peer, topic) in _router.Interests)
            {
                feed.Add(peer, topic, isSubscribed: true);
            }

            _feeds.Add(feed);
        }

        return feed;
    }

    private bool MayIntroduce(Func<PeerId, bool> accepts, PeerId peer)
    {
        try
        {
            return accepts(peer);
        }
        catch (Exception e)
        {
            _logger.ExchangeFilterFailed(e, peer);
            return false;
        }
    }

    private bool IsWanted(Func<string, bool> filter, string topic)
    {
        try
        {
            return filter(topic);
        }
        catch (Exception e)
        {
            _logger.TopicFilterFailed(e, topic);
            return false;
        }
    }

    private static void CheckTopic(string topic)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        if (Encoding.UTF8.GetByteCount(topic) > MaxTopicLength)
        {
            throw new ArgumentException($"A topic has at most {MaxTopicLength} bytes.", nameof(topic));
        }
    }

    /// <summary>Names messages and encodes those that are not known: a signature makes every message new.</summary>
    private (GossipMessageId Id, GossipPacket? Packet)[] EncodeNew(TopicPolicy policy, string topic, IReadOnlyList<ReadOnlyMemory<byte>> data)
    {
        var messages = new (GossipMessageId Id, GossipPacket? Packet)[data.Count];
        if (policy.Policy == GossipSignaturePolicy.StrictSign)
        {
            for (var i = 0; i < messages.Length; i++)
            {
                var packet = GossipSignature.Sign(_host.PublicKey, _host.Sign, policy.IdOf, topic, data[i].Span, Interlocked.Increment(ref _sequence));
                messages[i] = (packet.Id, Fitting(packet, data[i]));
            }

            return messages;
        }

        for (var i = 0; i < messages.Length; i++)
        {
            messages[i].Id = policy.IdOf(topic, data[i].Span, default, default);
        }

        Span<bool> known = messages.Length <= 256 ? stackalloc bool[messages.Length] : new bool[messages.Length];
        lock (_gate)
        {
            for (var i = 0; i < messages.Length; i++)
            {
                known[i] = _router.IsKnown(messages[i].Id);
            }
        }

        for (var i = 0; i < messages.Length; i++)
        {
            messages[i].Packet = known[i] ? null : Fitting(GossipPacket.Create(messages[i].Id, topic, data[i].Span), data[i]);
        }

        return messages;
    }

    private GossipPacket Fitting(GossipPacket packet, ReadOnlyMemory<byte> data) => packet.Frame.Length <= _options.Limits.MaxRpcSent
        ? packet
        : throw new ArgumentException($"A message of {data.Length} bytes does not fit into an RPC of {_options.Limits.MaxRpcSent}.", nameof(data));

    private GossipGauges Observe()
    {
        lock (_gate)
        {
            var meshes = _router.Topics.Select(t => (t, _router.MeshOf(t).Count())).ToArray();
            var queued = _sessions.Values.Select(s => s.Outbox).ToArray();
            return new GossipGauges(
                _sessions.Count, _router.PendingCount, queued.Sum(o => (long)o.Count), queued.Sum(o => o.Bytes), meshes, _router.CountScoreBands());
        }
    }
}

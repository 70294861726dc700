using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Benchmarks.Libp2p;

/// <summary>Hosts of ours in this process, each connected to every other over loopback, that gossip.</summary>
internal sealed class GossipMesh : IAsyncDisposable
{
    private const string Topic = "/dchat-bench/gossip";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly List<(Libp2pHost Host, Gossipsub Gossip)> _nodes = [];
    private readonly ConcurrentDictionary<uint, int> _missing = [];
    private readonly ConcurrentDictionary<uint, long> _published = [];
    private readonly ConcurrentQueue<double> _delays = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private uint _next;

    public static async Task<GossipMesh> StartAsync(int count, int degree)
    {
        var mesh = new GossipMesh();
        for (var i = 0; i < count; i++)
        {
            await mesh.AddAsync();
        }

        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var other = mesh._nodes[j].Host;
                await mesh._nodes[i].Host.ConnectAsync(other.ListenAddresses[0].WithPeer(other.LocalPeer));
            }
        }

        while (mesh._nodes.Any(n => n.Gossip.MeshOf(Topic).Count < degree))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        return mesh;
    }

    /// <summary>Copies of messages that have come to any node so far, first and further ones.</summary>
    public long Copies => _nodes.Sum(n => n.Gossip.Counters.Received + n.Gossip.Counters.Duplicates);

    /// <summary>Publishes from every node in turn, so many messages under way at most, and waits until all have arrived everywhere.</summary>
    public async Task<TimeSpan> PublishAsync(int messages, int size, int window)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < messages; i++)
        {
            if (i >= window)
            {
                await WaitAsync();
            }

            PublishFrom(i, size);
        }

        for (var i = 0; i < Math.Min(window, messages); i++)
        {
            await WaitAsync();
        }

        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Publishes from every node in turn, one message an interval, and waits until all have arrived everywhere.</summary>
    /// <returns>How long each message took to each of the others, in milliseconds.</returns>
    public async Task<double[]> PaceAsync(int messages, int size, TimeSpan interval)
    {
        _delays.Clear();
        using var timer = new PeriodicTimer(interval);
        for (var i = 0; i < messages; i++)
        {
            await timer.WaitForNextTickAsync();
            PublishFrom(i, size);
        }

        for (var i = 0; i < messages; i++)
        {
            await WaitAsync();
        }

        return [.. _delays];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (host, gossip) in _nodes)
        {
            await gossip.DisposeAsync();
            await host.DisposeAsync();
        }
    }

    private async Task AddAsync()
    {
        var options = new Libp2pOptions();
        options.ListenAddresses.Add(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"));
        var host = new Libp2pHost(options);
        await host.StartAsync();
        var gossip = new Gossipsub(host, new GossipsubOptions { FloodPublish = false });
        await gossip.StartAsync();
        gossip.Subscribe(Topic, new GossipTopicOptions { Validator = AcceptAsync });
        _nodes.Add((host, gossip));
    }

    private void PublishFrom(int turn, int size)
    {
        var data = RandomNumberGenerator.GetBytes(size);
        var key = _next++;
        BinaryPrimitives.WriteUInt32BigEndian(data, key);
        _missing[key] = _nodes.Count - 1;
        _published[key] = Stopwatch.GetTimestamp();
        _nodes[turn % _nodes.Count].Gossip.Publish(Topic, data);
    }

    private ValueTask<GossipVerdict> AcceptAsync(GossipMessage message, CancellationToken cancellationToken)
    {
        var key = BinaryPrimitives.ReadUInt32BigEndian(message.Data.Span);
        _delays.Enqueue(Stopwatch.GetElapsedTime(_published[key]).TotalMilliseconds);
        if (_missing.AddOrUpdate(key, 0, (_, left) => left - 1) == 0)
        {
            _missing.TryRemove(key, out _);
            _published.TryRemove(key, out _);
            _arrived.Release();
        }

        return ValueTask.FromResult(GossipVerdict.Accept);
    }

    private async Task WaitAsync()
    {
        if (!await _arrived.WaitAsync(Patience))
        {
            throw new TimeoutException($"{_missing.Count} messages did not arrive everywhere within {Patience}.");
        }
    }
}

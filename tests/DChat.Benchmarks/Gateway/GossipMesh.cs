using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.Gossipsub;

namespace DChat.Benchmarks.Gateway;

/// <summary>Hosts of ours in this process, each connected to every other over loopback, that gossip.</summary>
internal sealed class GossipMesh : IAsyncDisposable
{
    private const string Topic = "/dchat-bench/gossip";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly List<(Libp2pHost Host, Gossipsub Gossip)> _nodes = [];
    private readonly ConcurrentDictionary<uint, int> _missing = [];
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

            var data = RandomNumberGenerator.GetBytes(size);
            var key = _next++;
            BinaryPrimitives.WriteUInt32BigEndian(data, key);
            _missing[key] = _nodes.Count - 1;
            _nodes[i % _nodes.Count].Gossip.Publish(Topic, data);
        }

        for (var i = 0; i < Math.Min(window, messages); i++)
        {
            await WaitAsync();
        }

        return Stopwatch.GetElapsedTime(started);
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

    private ValueTask<GossipVerdict> AcceptAsync(GossipMessage message, CancellationToken cancellationToken)
    {
        var key = BinaryPrimitives.ReadUInt32BigEndian(message.Data.Span);
        if (_missing.AddOrUpdate(key, 0, (_, left) => left - 1) == 0)
        {
            _missing.TryRemove(key, out _);
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

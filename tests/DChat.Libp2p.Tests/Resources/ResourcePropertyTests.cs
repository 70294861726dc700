using CsCheck;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Resources;
using DChat.Libp2p.Swarm;
using static DChat.Libp2p.Tests.Resources.ResourceManagers;

namespace DChat.Libp2p.Tests.Resources;

/// <summary>What holds of the numbers in whatever order things begin and end. A failure names its seed.</summary>
public sealed class ResourcePropertyTests
{
    private static readonly string[] Ips = ["10.0.0.1", "10.0.0.2", "10.0.1.1", "2001:db8::1", "2001:db8:0:1::1", "/memory/x"];
    private static readonly PrivateKey[] Peers = [.. Enumerable.Range(0, 3).Select(_ => PrivateKey.Generate())];
    private static readonly string[] Protocols = ["/a/1", "/b/1"];

    private static readonly Gen<(int Doing, int Which, int Amount)[]> Doings =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 1000], Gen.Int[1, 300_000]).Array[0, 300];

    [Fact]
    public void Whatever_begins_and_ends_in_whatever_order_all_numbers_are_exact_and_end_at_zero() => Doings.Sample(doings =>
    {
        var world = new World();
        foreach (var (doing, which, amount) in doings)
        {
            world.Do(doing, which, amount);
            Assert.Equal(world.Expected, world.Manager.Usage);
        }

        world.EndAll();
        world.Manager.AssertEmpty();
    }, iter: 300);

    [Fact]
    public void Whatever_several_threads_begin_and_end_at_once_all_numbers_end_at_zero() => Doings.Array[4].Sample(threads =>
    {
        var manager = Small();
        Parallel.ForEach(threads, doings =>
        {
            var world = new World(manager);
            foreach (var (doing, which, amount) in doings)
            {
                world.Do(doing, which, amount);
                Assert.InRange(manager.Usage.Memory, 0, long.MaxValue);
            }

            world.EndAll();
        });
        manager.AssertEmpty();
    }, iter: 100, threads: 1);

    private static ResourceManager Small()
    {
        var connections = new ConnectionLimits { MaxConnections = 12, MaxInbound = 10, MaxPerPeer = 5, MaxClosing = 3 };
        connections.InboundPerNetwork.SetPerIp(3);
        var limits = new ResourceLimits
        {
            MaxInboundStreams = 30,
            MaxOutboundStreams = 20,
            MaxInboundStreamsPerPeer = 15,
            MaxInboundStreamsPerProtocol = 18,
            MaxMemory = 2 * 1024 * 1024,
            MaxMemoryPerPeer = 1024 * 1024,
        };
        limits.InboundStreamsPerNetwork.SetPerIp(8);
        limits.MemoryPerNetwork.SetPerIp(600_000);
        return new ResourceManager(limits, connections);
    }

    /// <summary>Connections and streams with what each has taken: the model.</summary>
    private sealed class World(ResourceManager? manager = null)
    {
        private readonly List<Held> _held = [];
        private readonly List<(Held On, bool IsOutbound, string? Protocol)> _streams = [];

        public ResourceManager Manager { get; } = manager ?? Small();

        public ResourceUsage Expected => new(
            _held.Count(h => !h.IsClosing && h.Direction == Direction.Inbound),
            _held.Count(h => !h.IsClosing && h.Direction == Direction.Outbound),
            _held.Count(h => h.IsClosing),
            _streams.Count(s => !s.IsOutbound),
            _streams.Count(s => s.IsOutbound),
            _held.Sum(h => (long)h.Memory) + (_streams.Count * ResourceManager.StreamOverhead));

        public void Do(int doing, int which, int amount)
        {
            if (doing <= 1 || _held.Count == 0)
            {
                Open(which, doing == 1 ? Direction.Outbound : Direction.Inbound);
                return;
            }

            var held = _held[which % _held.Count];
            switch (doing)
            {
                case 2 or 3 or 4:
                    OpenStream(held, isOutbound: amount % 3 == 0, Protocols[amount % 2]);
                    break;
                case 5 when _streams.Count > 0:
                    EndStream(which % _streams.Count);
                    break;
                case 6:
                    held.Memory += held.Scope.TryTakeMemory(amount) ? amount : 0;
                    break;
                case 7 when held.Memory > 0:
                    var part = Math.Min(amount, held.Memory);
                    held.Scope.ReturnMemory(part);
                    held.Memory -= part;
                    break;
                case 8:
                    held.IsClosing |= held.Scope.TryBeginClosing();
                    break;
                case 9:
                    // Its streams may go on in their handlers.
                    held.Scope.Dispose();
                    _held.Remove(held);
                    break;
            }
        }

        public void EndAll()
        {
            _held.ForEach(h => h.Scope.Dispose());
            while (_streams.Count > 0)
            {
                EndStream(_streams.Count - 1);
            }
        }

        private void Open(int which, Direction direction)
        {
            if (Manager.TryAddConnection(Connection(Ips[which % Ips.Length], Peers[which % Peers.Length], direction), out _) is { } scope)
            {
                _held.Add(new Held(scope, direction));
            }
        }

        private void OpenStream(Held held, bool isOutbound, string protocol)
        {
            if (held.Scope.AddStream(isOutbound) is not null)
            {
                return;
            }

            var isTaken = held.Scope.AddProtocolStream(protocol, isOutbound ? Direction.Outbound : Direction.Inbound, 6) is null;
            _streams.Add((held, isOutbound, isTaken ? protocol : null));
        }

        private void EndStream(int index)
        {
            var (held, isOutbound, protocol) = _streams[index];
            _streams.RemoveAt(index);
            if (protocol is not null)
            {
                held.Scope.RemoveProtocolStream(protocol, isOutbound ? Direction.Outbound : Direction.Inbound);
            }

            held.Scope.RemoveStream(isOutbound);
        }

        private sealed class Held(IConnectionScope scope, Direction direction)
        {
            public IConnectionScope Scope => scope;

            public Direction Direction => direction;

            public bool IsClosing { get; set; }

            public int Memory { get; set; }
        }
    }
}

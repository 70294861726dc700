using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Resources;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Swarm;

/// <summary>
/// Whoever owns a whole block of addresses, an IPv6 /32 or an IPv4 /16, and comes from a new network of it each time. The honest come
/// from many blocks, a few from the same network, which is as much as any network of the attacker holds.
/// </summary>
public sealed class BlockFloodTests
{
    private const int Honest = 200;

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 3)]
    [InlineData(true, 4)]
    public void A_block_that_fills_every_place_pushes_out_itself_only(bool isIp4, int seed)
    {
        var random = new Random(seed);
        var limits = new ConnectionLimits();
        using var key = PrivateKey.Generate();
        using var manyKeys = new Keys();
        var table = new ConnectionTable(new ResourceManager(new ResourceLimits(), limits), limits, new ConnectionManager(new ConnectionManagerOptions(), _time), (_, _, _) => { });
        List<PeerConnection> honest = [.. Enumerable.Range(0, Honest).Select(i => StubConnection.To(manyKeys.Next(), HonestAddress(i)))];
        Assert.All(honest, c => Assert.Null(table.Add(c, out _)));
        for (var i = 0; i < 3000; i++)
        {
            Assert.Null(table.Add(StubConnection.To(manyKeys.Next(), Attack(isIp4, random)), out var left));
            Assert.All(left, c => table.Remove(c, CloseReason.Evicted));
        }

        Assert.All(honest, c => Assert.False(c.IsEvicted, $"Seed {seed}: {c.RemoteAddress} has lost its place."));

        // One more of the honest comes in all the same.
        Assert.Null(table.Add(StubConnection.To(key, "/ip4/203.0.113.9/tcp/1"), out var evicted));
        Assert.All(evicted, c => Assert.True(IsAttack(c.RemoteAddress)));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void A_block_that_opens_sockets_without_end_pushes_out_itself_only(bool isIp4, int seed)
    {
        var random = new Random(seed);
        var places = new PendingPlaces(new ConnectionLimits());
        var honest = Enumerable.Range(0, 16).Select(i => places.Take(Multiaddr.Parse(HonestAddress(i)))).ToArray();
        for (var i = 0; i < 3000; i++)
        {
            places.Take(Multiaddr.Parse(Attack(isIp4, random)));
        }

        Assert.All(honest, place => Assert.Null(place.EvictedBy));
        Assert.Equal(64, places.Count);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 3)]
    public async Task A_block_that_wants_handshakes_from_ever_new_networks_makes_nobody_else_wait(bool isIp4, int seed)
    {
        var random = new Random(seed);
        using var budget = new HandshakeBudget(new HandshakeLimits(), _time);
        var flood = new Queue<CancellationTokenSource>();
        for (var i = 0; i < 300; i++)
        {
            for (var f = random.Next(60); f > 0; f--)
            {
                flood.Enqueue(new CancellationTokenSource());
                _ = WaitAsync(budget, Attack(isIp4, random), flood.Last().Token);
                if (flood.Count > 60)
                {
                    await flood.Dequeue().CancelAsync();
                }
            }

            var honest = random.Next(5) < 2 ? WaitAsync(budget, HonestAddress(random.Next(Honest)), TestContext.Current.CancellationToken) : Task.CompletedTask;
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await honest.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Two of each network, and a new block for every two.</summary>
    private static string HonestAddress(int number) => number % 4 < 2
        ? $"/ip4/{20 + (number / 4)}.7.7.{1 + (number % 4)}/tcp/4001"
        : $"/ip6/2001:{number / 4:x}:7:7::{number % 4}/tcp/4001";

    private static string Attack(bool isIp4, Random random) => isIp4
        ? $"/ip4/198.51.{random.Next(256)}.{random.Next(256)}/tcp/4001"
        : $"/ip6/2a00:bad:{random.Next(65_536):x}:{random.Next(65_536):x}::1/tcp/4001";

    private static bool IsAttack(Multiaddr address) =>
        address.ToString().StartsWith("/ip4/198.51.", StringComparison.Ordinal) || address.ToString().StartsWith("/ip6/2a00:bad:", StringComparison.Ordinal);

    private static Task WaitAsync(HandshakeBudget budget, string address, CancellationToken cancellationToken) =>
        budget.WaitAsync(AddressNetworks.Of(Multiaddr.Parse(address)), cancellationToken);

    /// <summary>Ever new peers.</summary>
    private sealed class Keys : IDisposable
    {
        private readonly List<PrivateKey> _keys = [];

        public PrivateKey Next()
        {
            _keys.Add(PrivateKey.Generate());
            return _keys[^1];
        }

        public void Dispose() => _keys.ForEach(key => key.Dispose());
    }
}

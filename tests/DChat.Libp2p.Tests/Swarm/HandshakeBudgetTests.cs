using System.Globalization;
using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Swarm;

public sealed class HandshakeBudgetTests
{
    private static readonly HandshakeLimits Small = new() { PerIp = 2, PerIpBurst = 4, PerNetwork = 4, PerNetworkBurst = 6, Total = 8, TotalBurst = 12 };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void An_address_begins_as_many_handshakes_as_its_burst_and_then_its_rate()
    {
        using var budget = new HandshakeBudget(Small, _time);
        var begun = Many(budget, "/ip4/10.0.0.1/tcp/1", 10);
        Assert.Equal(4, begun.Count(t => t.IsCompleted));
        Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(4, budget.Waiting);
    }

    [Theory]
    [InlineData("/ip4/10.0.0.{0}/tcp/1")]
    [InlineData("/ip6/2001:db8:0:{0}::1/tcp/1")]
    public void All_addresses_of_a_network_share_its_burst_and_its_rate(string address)
    {
        using var budget = new HandshakeBudget(Small, _time);
        var begun = Enumerable.Range(1, 20).Select(i => BeginAsync(budget, string.Format(CultureInfo.InvariantCulture, address, i))).ToArray();
        Assert.Equal(6, begun.Count(t => t.IsCompleted));
        Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(10, budget.Waiting);
    }

    [Theory]
    [InlineData("/ip4/10.0.{0}.1/tcp/1")]
    [InlineData("/ip6/2001:db8:{0}::1/tcp/1")]
    public void All_networks_of_a_block_share_its_burst_and_its_rate(string address)
    {
        var limits = new HandshakeLimits { PerBlock = 4, PerBlockBurst = 6 };
        using var budget = new HandshakeBudget(limits, _time);
        var begun = Enumerable.Range(1, 20).Select(i => BeginAsync(budget, string.Format(CultureInfo.InvariantCulture, address, i))).ToArray();
        Assert.Equal(6, begun.Count(t => t.IsCompleted));
        Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(10, budget.Waiting);
    }

    [Fact]
    public void All_networks_share_the_total()
    {
        using var budget = new HandshakeBudget(Small, _time);
        var begun = Enumerable.Range(1, 30).Select(i => BeginAsync(budget, $"/ip4/10.0.{i}.1/tcp/1")).ToArray();
        Assert.Equal(12, begun.Count(t => t.IsCompleted));
        Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(10, budget.Waiting);
    }

    [Fact]
    public async Task Who_gives_up_waits_no_longer()
    {
        using var budget = new HandshakeBudget(Small, _time);
        Many(budget, "/ip4/10.0.0.1/tcp/1", 4);
        using var cancel = new CancellationTokenSource();
        var waiting = WaitAsync(budget, "/ip4/10.0.0.1/tcp/1", cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, budget.Waiting);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task A_flood_from_three_networks_does_not_keep_others_from_being_handshaked(int seed)
    {
        var random = new Random(seed);
        using var budget = new HandshakeBudget(new HandshakeLimits(), _time);
        var flood = new Queue<CancellationTokenSource>();
        for (var i = 0; i < 300; i++)
        {
            // Up to 6,000 a second from all addresses of three networks; as many wait as have places.
            for (var f = random.Next(60); f > 0; f--)
            {
                flood.Enqueue(new CancellationTokenSource());
                _ = WaitAsync(budget, $"/ip4/10.0.{random.Next(3)}.{random.Next(256)}/tcp/1", flood.Last().Token);
                if (flood.Count > 60)
                {
                    await flood.Dequeue().CancelAsync();
                }
            }

            // Forty a second from elsewhere; none waits longer than a step, while the flood has thousands of tokens and then none.
            var honest = random.Next(5) < 2 ? BeginAsync(budget, $"/ip4/192.0.{random.Next(256)}.{random.Next(256)}/tcp/1") : Task.CompletedTask;
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await honest.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Networks_remembered_are_bounded_and_the_busiest_are_remembered_longest()
    {
        var buckets = new TokenBuckets(1, 2, _time);
        var busy = IPNetwork.Parse("192.0.2.1/32");
        buckets.Take(busy);
        buckets.Take(busy);
        for (var i = 0; i <= 3 * TokenBuckets.MaxNetworks; i++)
        {
            buckets.Take(AddressNetworks.Of(new IPAddress(0x0A000000L + i), 32));
        }

        Assert.InRange(buckets.Count, 1, TokenBuckets.MaxNetworks);
        Assert.Equal(0, buckets.LevelOf(busy));
    }

    private static Task[] Many(HandshakeBudget budget, string address, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => BeginAsync(budget, address))];

    private static Task BeginAsync(HandshakeBudget budget, string address) => WaitAsync(budget, address, TestContext.Current.CancellationToken);

    private static Task WaitAsync(HandshakeBudget budget, string address, CancellationToken cancellationToken) =>
        budget.WaitAsync(AddressNetworks.Of(Multiaddr.Parse(address)), cancellationToken);

    private void Advance(TimeSpan time)
    {
        for (var step = TimeSpan.FromMilliseconds(10); time > TimeSpan.Zero; time -= step)
        {
            _time.Advance(step);
        }

        _time.Advance(TimeSpan.FromMilliseconds(2));
    }
}

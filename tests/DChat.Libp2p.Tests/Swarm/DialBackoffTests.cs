using DChat.Libp2p.Addresses;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Swarm;

public sealed class DialBackoffTests
{
    private static readonly Multiaddr Address = Multiaddr.Parse("/ip4/10.0.0.1/tcp/1");

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_back_off_grows_with_each_failure_up_to_its_longest_and_ends_with_success()
    {
        var backoffs = new DialBackoffs(_time);
        Assert.False(backoffs.IsBackingOff(null, Address));
        for (var failures = 0; failures < 20; failures++)
        {
            backoffs.Failed(null, Address);
            var expected = Math.Min(5 + (failures * failures), 300);
            _time.Advance(TimeSpan.FromSeconds(expected) - TimeSpan.FromTicks(1));
            Assert.True(backoffs.IsBackingOff(null, Address));
            _time.Advance(TimeSpan.FromTicks(1));
            Assert.False(backoffs.IsBackingOff(null, Address));
        }

        backoffs.Failed(null, Address);
        backoffs.Succeeded(null, Address);
        Assert.False(backoffs.IsBackingOff(null, Address));
        Assert.Equal(0, backoffs.Count);
    }

    [Fact]
    public void A_wall_clock_that_is_set_neither_lengthens_nor_shortens_a_back_off()
    {
        var time = new SteppedTime();
        var backoffs = new DialBackoffs(time);
        backoffs.Failed(null, Address);
        time.Step = TimeSpan.FromHours(3);
        Assert.True(backoffs.IsBackingOff(null, Address));
        time.Step = -TimeSpan.FromHours(3);
        time.Advance(DialBackoffs.First);
        Assert.False(backoffs.IsBackingOff(null, Address));
    }

    [Fact]
    public void A_failure_with_one_peer_says_nothing_about_another_at_the_same_address()
    {
        var backoffs = new DialBackoffs(_time);
        var peer = TestHosts.SomePeer();
        backoffs.Failed(peer, Address);
        Assert.True(backoffs.IsBackingOff(peer, Address));
        Assert.False(backoffs.IsBackingOff(TestHosts.SomePeer(), Address));
    }

    [Fact]
    public void Addresses_remembered_are_bounded_and_the_longest_back_offs_stay()
    {
        var backoffs = new DialBackoffs(_time);
        for (var i = 0; i < 10; i++)
        {
            backoffs.Failed(null, Address);
        }

        for (var i = 0; i <= 2 * DialBackoffs.MaxAddresses; i++)
        {
            backoffs.Failed(null, Multiaddr.Parse($"/ip4/10.1.{i / 256}.{i % 256}/tcp/1"));
            Assert.InRange(backoffs.Count, 1, DialBackoffs.MaxAddresses);
        }

        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.True(backoffs.IsBackingOff(null, Address));
    }

    [Fact]
    public async Task A_known_address_that_failed_waits_and_one_that_the_caller_names_does_not()
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice", time: _time);
        var (bob, gone) = (await network.StartAsync("bob"), Multiaddr.Parse("/memory/gone"));
        alice.Peers.Vouch(bob.LocalPeer, [gone]);
        await FailsAsync(Libp2pErrorCodes.DialFailed, alice.ConnectAsync(bob.LocalPeer, TestContext.Current.CancellationToken));
        await FailsAsync(Libp2pErrorCodes.DialBackoff, alice.ConnectAsync(bob.LocalPeer, TestContext.Current.CancellationToken));
        await FailsAsync(Libp2pErrorCodes.DialFailed, alice.ConnectAsync(gone.WithPeer(bob.LocalPeer), TestContext.Current.CancellationToken));
        var connection = await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
        Assert.Equal(bob.ListenAddresses[0], connection.RemoteAddress);
    }

    [Fact]
    public async Task An_address_that_the_application_vouches_for_waits_thirty_seconds_at_most_and_a_claimed_one_its_time()
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice", time: _time);
        var (vouched, claimed, gone) = (TestHosts.SomePeer(), TestHosts.SomePeer(), Multiaddr.Parse("/memory/gone"));
        alice.Peers.Vouch(vouched, [gone]);
        Assert.True(alice.Peers.TryAddCandidate(claimed, [gone]));
        for (var i = 0; i < 20; i++)
        {
            foreach (var peer in new[] { vouched, claimed })
            {
                await FailsAsync(Libp2pErrorCodes.DialFailed, alice.ConnectAsync(peer, [gone], TestContext.Current.CancellationToken));
            }
        }

        _time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        await FailsAsync(Libp2pErrorCodes.DialBackoff, alice.ConnectAsync(vouched, TestContext.Current.CancellationToken));
        _time.Advance(TimeSpan.FromTicks(1));
        await FailsAsync(Libp2pErrorCodes.DialFailed, alice.ConnectAsync(vouched, TestContext.Current.CancellationToken));
        await FailsAsync(Libp2pErrorCodes.DialBackoff, alice.ConnectAsync(claimed, TestContext.Current.CancellationToken));
        _time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(30));
        await FailsAsync(Libp2pErrorCodes.DialFailed, alice.ConnectAsync(claimed, TestContext.Current.CancellationToken));
    }

    private static async Task FailsAsync(string code, Task task) => Assert.Equal(code, (await Assert.ThrowsAsync<Libp2pException>(() => task)).Code);
}

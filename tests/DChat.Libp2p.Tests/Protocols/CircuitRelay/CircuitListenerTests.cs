using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Hostile;

namespace DChat.Libp2p.Tests.Protocols.CircuitRelay;

/// <summary>A relay that comes and goes, and what a peer that listens through it keeps of that.</summary>
public sealed class CircuitListenerTests
{
    [Fact]
    public async Task A_reservation_is_got_again_however_getting_it_has_failed_and_the_host_stops_all_the_same()
    {
        var (time, gater) = (new CountedTime(), new FailingGater());
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        using var service = new CircuitRelayService(relay);
        var bob = await network.StartAsync(
            "bob",
            o =>
            {
                o.Gater = gater;
                o.ListenAddresses.Add(Multiaddr.Parse($"{relay.Address()}/p2p-circuit"));
            },
            time);
        gater.Fails = true;
        await relay.DisconnectAsync(bob.LocalPeer);
        await TestHosts.StepUntilAsync(time, TimeSpan.FromSeconds(1), () => gater.Failures > 0 && relay.ConnectionsTo(bob.LocalPeer).Count == 0);
        gater.Fails = false;
        await TestHosts.StepUntilAsync(time, TimeSpan.FromSeconds(1), () => relay.ConnectionsTo(bob.LocalPeer).Count > 0);

        var failures = gater.Failures;
        gater.Fails = true;
        await relay.DisconnectAsync(bob.LocalPeer);
        await TestHosts.StepUntilAsync(time, TimeSpan.FromSeconds(1), () => gater.Failures > failures);
        await bob.DisposeAsync();
        Assert.Equal(0, bob.RunningTasks);
    }

    [Fact]
    public async Task A_relay_that_is_lost_again_and_again_leaves_no_timer_behind()
    {
        var time = new CountedTime();
        await using var network = new TestNetwork();
        var relay = await network.StartAsync("relay");
        using var service = new CircuitRelayService(relay);
        var bob = await network.StartAsync("bob", o => o.ListenAddresses.Add(Multiaddr.Parse($"{relay.Address()}/p2p-circuit")), time);
        await LoseAsync();
        var timers = time.Timers;
        for (var i = 0; i < 10; i++)
        {
            await LoseAsync();
        }

        var last = time.GetTimestamp();
        await TestHosts.StepUntilAsync(time, TimeSpan.FromSeconds(1), () => time.Timers <= timers);
        Assert.InRange(time.GetElapsedTime(last), TimeSpan.Zero, TimeSpan.FromMinutes(5));

        // Until the reservation is there again and nothing is under way but what every connection has.
        async Task LoseAsync()
        {
            var lost = bob.Connections;
            await relay.DisconnectAsync(bob.LocalPeer);
            await TestHosts.StepUntilAsync(time, TimeSpan.FromSeconds(1), () => bob.Connections is [var now] && !lost.Contains(now));
            await TestHosts.StepUntilAsync(time, TimeSpan.FromSeconds(1), () => bob.Connections is [{ IsUsable: true, StreamCount: 0, RoundTripTime: not null }] && bob.Peers.Find(relay.LocalPeer)?.Protocols is not null);
        }
    }

    private sealed class FailingGater : IConnectionGater
    {
        private int _failures;

        public bool Fails { get; set; }

        public int Failures => Volatile.Read(ref _failures);

        public bool AllowDial(PeerId? peer, Multiaddr address) => Fails ? throw Fault() : true;

        private InvalidOperationException Fault()
        {
            Interlocked.Increment(ref _failures);
            return new InvalidOperationException("A bug.");
        }
    }
}

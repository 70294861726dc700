namespace DChat.Simulation.Tests.Relays;

/// <summary>
/// Relays on simulated disks and one simulated network. While they run, each checks that what it acknowledges or gossips is
/// durable at that moment, that every start serves all that was ever acknowledged at the same sequences, and that gossip
/// keeps what <see cref="GossipPromises"/> says. What relays lack of each other's messages is not judged before there is sync.
/// </summary>
public sealed class RelayTests
{
    private const int Runs = 3;

    [Fact]
    public void Relays_keep_what_they_acknowledge_and_gossip_it_whatever_network_power_and_disks_do() =>
        Simulations.ForEachSeed(Runs, simulator =>
        {
            var network = Live(simulator, troubled: TimeSpan.FromSeconds(20));
            Assert.NotEqual(0, network.Promises.Kept);
        });

    [Fact]
    public void A_seed_replays_exactly()
    {
        Assert.Equal(FingerprintOf(1), FingerprintOf(1));
        Assert.NotEqual(FingerprintOf(1), FingerprintOf(2));
    }

    [Fact]
    public void What_is_gossiped_while_a_relay_is_down_does_not_reach_it_later() => Simulations.ForEachSeed(1, simulator =>
    {
        var network = new RelayNetwork(simulator);
        simulator.Run(TimeSpan.FromSeconds(10));
        var down = network.All[0];
        down.LosePower();
        network.WriteOnce();
        simulator.Run(TimeSpan.FromSeconds(10));
        Assert.NotEmpty(network.Writers[0].Acknowledged);
        network.Calm(TimeSpan.FromMinutes(1));

        // Gossip speaks of a message for three heartbeats; what is older only sync can bring.
        Assert.All(network.All, relay => Assert.Equal(relay != down, network.Writers[0].Acknowledged.All(relay.Record.Has)));
    });

    private static RelayNetwork Live(Simulator simulator, TimeSpan troubled)
    {
        var network = new RelayNetwork(simulator);
        network.RunTroubled(troubled);
        network.Calm(TimeSpan.FromSeconds(10));
        simulator.Note($"{network.Promises.Kept} promises kept, {network.Promises.Excused} excused, {network.Missing} messages missing");

        // With all up and linked, what is pushed to one reaches all.
        var written = network.WriteOnce();
        simulator.Run(TimeSpan.FromSeconds(5));
        Assert.All(written, id => Assert.Contains(network.Writers, author => author.Acknowledged.Contains(id)));
        Assert.All(network.All, relay => Assert.All(written, id => Assert.True(relay.Record.Has(id), $"{relay.Name} has not got {id}.")));

        foreach (var relay in network.All)
        {
            relay.LosePower();
            relay.Start(network.Promises);
            relay.Stop();
        }

        return network;
    }

    private static string FingerprintOf(int seed)
    {
        var simulator = new Simulator(seed);
        Live(simulator, troubled: TimeSpan.FromSeconds(10));
        return simulator.Fingerprint();
    }
}

using DChat.Libp2p.Addresses;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Transports;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Peers whose addresses take every connection and never say a word.</summary>
public sealed class TarpitTests
{
    [Fact]
    public async Task Three_tarpits_with_twenty_five_addresses_each_do_not_delay_the_dial_of_an_honest_peer()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var alice = await network.StartAtAsync(
            "198.51.100.1", o => o.Connections.ConnectTimeout = o.Connections.UpgradeTimeout = TimeSpan.FromDays(20), time);
        var bob = await network.StartAtAsync("203.0.113.7");
        var limits = new ConnectionLimits();
        var listeners = new List<ITransportListener>();
        var dials = new List<Task>();
        for (var tarpit = 0; tarpit < 3; tarpit++)
        {
            var addresses = Enumerable.Range(0, limits.MaxAddressesPerDial).Select(i => Multiaddr.Parse($"/ip4/{20 + tarpit}.{i}.0.1/tcp/1")).ToArray();
            foreach (var address in addresses)
            {
                listeners.Add(await network.Internet.At("20.0.0.1").ListenAsync(address, TestContext.Current.CancellationToken));
            }

            dials.Add(alice.ConnectAsync(TestHosts.SomePeer(), addresses, TestContext.Current.CancellationToken));
        }

        // All addresses of each are begun with; none fails.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TestNetwork.Patience);
        while (alice.DialPlaces.Taken + alice.DialPlaces.Waiting < 3 * limits.MaxAddressesPerDial)
        {
            time.Advance(limits.DialStagger);
            await Task.Yield();
            patience.Token.ThrowIfCancellationRequested();
        }

        Assert.Equal(3 * limits.MaxConcurrentDialsPerPeer, alice.DialPlaces.Taken);
        Assert.All(dials, dial => Assert.False(dial.IsCompleted));

        // Time stands still, so this waits for none of them.
        var connection = await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken)
            .WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(bob.LocalPeer, connection.RemotePeer);
        await alice.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => Task.WhenAll(dials));
    }
}

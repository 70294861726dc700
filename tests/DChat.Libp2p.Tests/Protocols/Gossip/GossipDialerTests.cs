using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

public sealed class GossipDialerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_introduction_that_the_applications_code_fails_over_is_not_the_last(bool atTheFilter)
    {
        await using var network = new TestNetwork();
        using var key = PrivateKey.Generate();
        var faults = new Faults(atTheFilter);
        var host = await network.StartAsync("hub", o => (o.PeerFilter, o.Gater) = (faults, faults));
        var good = await network.StartAsync("good", o => o.Identity = key);
        var time = new FakeTimeProvider();
        var dialer = new GossipDialer(host, new GossipsubLimits(), time, NullLogger.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var worker = dialer.RunAsync(stop.Token);
        using var other = PrivateKey.Generate();
        Assert.True(dialer.TryAdd(new PeerRecord(other.Peer, 1, [Multiaddr.Parse("/memory/bad")]).Sign(other).Encode(), null));
        Assert.True(dialer.TryAdd(new PeerRecord(key.Peer, 1, good.ListenAddresses).Sign(key).Encode(), null));
        await GossipNode.UntilAsync(() =>
        {
            // A dial has its time on the same clock.
            time.Advance(dialer.Waiting > 0 ? GossipDialer.MaxJitter : TimeSpan.Zero);
            return host.ConnectionsTo(good.LocalPeer).Count == 1;
        });
        Assert.Equal(0, dialer.Waiting);
        await stop.CancelAsync();
        await worker;
    }

    private sealed class Faults(bool atTheFilter) : IConnectionGater, IPeerFilter
    {
        public bool AllowDial(PeerId? peer, Multiaddr address) => !atTheFilter && IsBad(address) ? throw new InvalidOperationException("A bug.") : true;

        public bool AcceptCandidate(PeerId peer, IReadOnlyList<Multiaddr> addresses) =>
            atTheFilter && addresses.Any(IsBad) ? throw new InvalidOperationException("A bug.") : true;

        private static bool IsBad(Multiaddr address) => address.ToString() == "/memory/bad";
    }
}

using System.Collections.Concurrent;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.Kad;

/// <summary>Code of the application that fails for some peers, beside others whom it must not cost anything.</summary>
public sealed class KadFaultTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    public async Task A_grouping_that_fails_for_some_peers_keeps_no_other_out_of_the_table(int callsBefore, bool cancels)
    {
        await using var network = new TestNetwork();
        var calls = new ConcurrentDictionary<Multiaddr, int>();
        await using var hub = await KadNode.StartAsync(network, "hub", configure: o => o.Diversity.GroupOf = address =>
            address.ToString().Contains("bad", StringComparison.Ordinal) && calls.AddOrUpdate(address, 1, (_, n) => n + 1) > callsBefore
                ? throw (cancels ? new OperationCanceledException("A timeout of its own.") : new InvalidOperationException("A bug."))
                : null);
        for (var i = 0; i < 6; i++)
        {
            await using var bad = await KadNode.StartAsync(network, $"bad{i}");
            await bad.Host.ConnectAndIdentifyAsync(hub.Host);
            await KadNode.UntilAsync(() => calls.GetValueOrDefault(bad.Host.ListenAddresses[0]) > callsBefore);
        }

        await using var good = await KadNode.StartAsync(network, "good");
        await good.Host.ConnectAndIdentifyAsync(hub.Host);
        await KadNode.UntilAsync(() => hub.Dht.RoutingTable.Any(p => p.Peer.Equals(good.Peer)));
    }
}

using System.Diagnostics;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.Kad;

/// <summary>When a node that began with nobody gets its first peer.</summary>
public sealed class KadReadyTests
{
    [Fact]
    public async Task A_first_peer_that_comes_during_maintenance_is_not_left_until_the_next_minute()
    {
        using var time = new HeldTime();
        await using var network = new TestNetwork();
        await using var alice = await KadNode.StartAsync(network, "alice", time: time);
        await time.Reached.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        await using var bob = await KadNode.StartAsync(network, "bob", alice.Host);
        await KadNode.UntilAsync(() => alice.Dht.RoutingTable.Count == 1);
        time.Release();

        // The clock stands still.
        await alice.Dht.Ready.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>A clock that stands still and holds up maintenance where it asks for the time, once it has looked at the table.</summary>
    private sealed class HeldTime : FakeTimeProvider, IDisposable
    {
        private readonly ManualResetEventSlim _released = new();
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public void Release() => _released.Set();

        public void Dispose() => _released.Dispose();

        public override DateTimeOffset GetUtcNow()
        {
            if (!_released.IsSet && new StackTrace().ToString().Contains("MaintainAsync", StringComparison.Ordinal))
            {
                _reached.TrySetResult();
                _released.Wait(TestNetwork.Patience);
            }

            return base.GetUtcNow();
        }
    }
}

using DChat.Core.Shards;
using DChat.Storage.Azure.Log;
using DChat.Storage.Azure.Segments;
using DChat.Storage.Tests.Log.Azure;
using DChat.Storage.Tests.Log.Local;

namespace DChat.Storage.Tests.Segments.Azure;

/// <summary>A silo with the log in Azure Storage and the segments beside it.</summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private TestSilo(AzureShardLog log, FaultPolicy faults) => (Log, Store, Faults) = (log, new AzureSegmentStore(log), faults);

    public AzureShardLog Log { get; }

    public AzureSegmentStore Store { get; }

    /// <summary>What happens to the silo's requests.</summary>
    public FaultPolicy Faults { get; }

    public static async Task<TestSilo> StartAsync(TestContainer container, Action<AzureShardLogOptions>? configure = null, TimeProvider? time = null)
    {
        var faults = new FaultPolicy();
        return new TestSilo(await container.OpenAsync(faults, configure, time), faults);
    }

    /// <summary>Opens shard 1.</summary>
    public Task<OpenShard> OpenAsync() => OpenShard.OpenAsync(Log, Store, 1);

    /// <summary>Opens shard 1 with messages of two classes in its log.</summary>
    public async Task<(OpenShard Shard, ShardAppend Kept)> FillAsync(int seed = 1)
    {
        var shard = await OpenAsync();
        var batch = Batch(shard.Open.Head + 1, seed);
        Assert.Equal(AppendOutcome.Durable, await shard.AppendAsync(batch));
        return (shard, batch);
    }

    /// <summary>Six messages of two classes.</summary>
    public static ShardAppend Batch(ulong firstSequence, int seed)
    {
        var messages = Enumerable.Range(0, 6).Select(i => TestLog.Message(1, (seed * 1_000) + (5 * (i / 2)) + (i % 2), 50 + i)).ToList();
        return new ShardAppend(
            firstSequence, [.. messages.Select(m => m.Entry)], [.. messages.Select((_, i) => (uint)((seed * 100) + i + 1))], messages.SelectMany(m => m.Envelope).ToArray());
    }

    /// <summary>Has the trouble happen to the request of a number, from 0, counted from now on, and to none after it.</summary>
    public void At(int number, Trouble trouble) => Faults.On = _ => number-- == 0 ? trouble : null;

    /// <summary>Has the silo lose the storage from the request of a number on, counted from now.</summary>
    public void From(int number, Trouble trouble) => Faults.On = _ => number-- <= 0 ? trouble : null;

    /// <summary>Nothing happens any more.</summary>
    public void Heal() => Faults.On = _ => null;

    public async ValueTask DisposeAsync()
    {
        Heal();
        await Store.DisposeAsync();
        await Log.DisposeAsync();
    }
}

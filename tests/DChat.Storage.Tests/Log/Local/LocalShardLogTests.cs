using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Log.Local;
using DChat.Storage.Log.Local.Wal;

namespace DChat.Storage.Tests.Log.Local;

/// <summary>The local log on a simulated disk does what every log does.</summary>
public sealed class LocalShardLogTests : ShardLogConformance, IAsyncDisposable
{
    private SimulatedDisk _disk = null!;

    public ValueTask DisposeAsync() => ((LocalShardLog)Log).DisposeAsync();

    protected override IShardLog Create() => TestLog.Open(_disk = new SimulatedDisk());

    protected override void Damage(ShardId shard, IndexedMessage message)
    {
        using var file = _disk.Open($"/data/wal/{TestLog.FirstWal}");
        file.Write([0, 0, 0, 0, 0, 0, 0, 0], WalPosition.FromLocation(message.Location).Offset + 100);
    }
}

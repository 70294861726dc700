using DChat.Core.Shards;
using DChat.Storage.Log.Local;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Segments;

/// <summary>Segments in a data directory.</summary>
public sealed class LocalSegmentStoreTests : SegmentStoreConformance, IDisposable
{
    private SimulatedDisk _disk = new();
    private LocalShardLog? _log;

    public void Dispose() => _log?.Dispose();

    protected override Task<(IShardLog Log, ISegmentStore Store)> StartAsync(bool isNew)
    {
        _log?.Dispose();
        _disk = isNew ? new SimulatedDisk() : _disk;
        _log = Open(_disk);
        return Task.FromResult<(IShardLog, ISegmentStore)>((_log, OpenShard.Store(_disk, _log)));
    }
}

using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Testing.Log;

namespace DChat.Storage.Tests.Log;

/// <summary>The log of the cluster tests behaves like the real one.</summary>
public sealed class MemoryShardLogTests : ShardLogConformance
{
    protected override IShardLog Create() => new MemoryShardLog();

    protected override void Damage(ShardId shard, IndexedMessage message) => ((MemoryShardLog)Log).Damage(shard, message.Sequence);
}

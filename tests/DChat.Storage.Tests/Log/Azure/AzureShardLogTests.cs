using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Storage.Tests.Log.Azure;

/// <summary>The log in Azure Storage behaves like the others. Proven for the emulator alone.</summary>
public sealed class AzureShardLogTests(AzuriteServer server) : ShardLogConformance
{
    private readonly TestContainer _container = server.NewContainer();

    protected override IShardLog Create() => Task.Run(() => _container.OpenAsync()).GetAwaiter().GetResult();

    protected override void Damage(ShardId shard, IndexedMessage message) => Task.Run(async () =>
    {
        var blob = (await _container.NamesAsync(shard))[(int)LogLocation.FileOf(message.Location)];
        await _container.RewriteAsync(blob, bytes =>
        {
            bytes[LogLocation.OffsetOf(message.Location) + LogRecord.HeaderLength] ^= 1;
            return bytes;
        });
    }).GetAwaiter().GetResult();
}

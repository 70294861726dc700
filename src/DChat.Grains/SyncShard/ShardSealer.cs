using DChat.Core.Clocks;
using DChat.Core.Segments;
using DChat.Core.Shards;

namespace DChat.Grains.SyncShard;

/// <summary>
/// Seals a shard's messages off the grain's turn, takes them out of its open set, and releases what of the log nobody needs any more.
/// Called on the grain's scheduler; one sealing at a time.
/// </summary>
internal sealed class ShardSealer(IShardLogWriter writer, IShardSegments segments, SealedReads reads, SyncShardMachine machine)
{
    // They stay in the open set, so that readers are told of holes; but no file of the log is kept for them.
    private readonly HashSet<ulong> _damaged = [];
    private Task _sealing = Task.CompletedTask;

    /// <summary>Seals what is open and older than a moment.</summary>
    public async Task<SealResult> SealAsync(EpochId epoch, HybridTimestamp before)
    {
        while (!_sealing.IsCompleted)
        {
            await _sealing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        var running = SealOnceAsync(epoch, before);
        _sealing = running;
        return await running;
    }

    /// <summary>Tells the log that everything before the first open message is kept elsewhere.</summary>
    public void Release()
    {
        var open = machine.View.Open.Snapshot();
        var first = open.Messages.Select(message => message.Sequence).FirstOrDefault(sequence => !_damaged.Contains(sequence), open.Head + 1);
        writer.Release(first - 1);
    }

    private async Task<SealResult> SealOnceAsync(EpochId epoch, HybridTimestamp before)
    {
        var open = machine.View.Open;
        var snapshot = open.Snapshot();
        var listed = await Task.Run(() => snapshot.OlderThan(before));
        if (listed.Count == 0)
        {
            return new SealResult([], []);
        }

        try
        {
            var result = await segments.SealAsync(epoch, listed, writer, CancellationToken.None);
            _damaged.UnionWith(result.Holes);
            return result;
        }
        finally
        {
            // Also after a failure: some of the segments may have been written.
            if (segments.Sealed is var sealedNow && sealedNow != machine.View.Sealed)
            {
                var left = await reads.ReplayAsync(
                    () => Task.FromResult(open.Without(snapshot.Head, new SealedSequences(sealedNow).Contains)), CancellationToken.None);
                machine.Seal(left, sealedNow);
            }

            Release();
        }
    }
}

using DChat.Abstractions.Messages;
using DChat.Core.Clocks;
using DChat.Core.Reconciliation;
using DChat.Core.Shards;

namespace DChat.Grains.SyncShard;

/// <summary>Opens the sessions of one shard, whose sets they share. What takes time is done off the grain's turn.</summary>
internal sealed class ShardSync(
    SketchKey key, IShardLogWriter writer, SealedReads reads, SyncSessions sessions, Func<ShardView> view, Func<ShardFloors> floors, TimeProvider time)
{
    private readonly ShardSets _sets = new(key);
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;

    /// <summary>The key of both sides' sketches.</summary>
    public SketchKey Key => key;

    /// <summary>The log of the shard.</summary>
    public IShardLogWriter Writer => writer;

    /// <summary>What is asked of segments.</summary>
    public SealedReads Reads => reads;

    /// <summary>The messages of the shard now.</summary>
    public ShardView View => view();

    /// <summary>Opens a session.</summary>
    public async Task<SyncOpening> OpenAsync(SyncRange range, SetSummary? theirs)
    {
        sessions.Reserve();
        try
        {
            return await Task.Run(() => OpenOffTurnAsync(range, theirs));
        }
        catch
        {
            sessions.Abandon();
            throw;
        }
    }

    /// <summary>The messages of a range now, above the higher of both sides' floors.</summary>
    /// <param name="range">Which.</param>
    /// <param name="isSketched">Whether the sketch is wanted, too, of a set with such a digest.</param>
    public async Task<(RangeItems Items, ShardFloors Floors)> ComposeAsync(SyncRange range, Func<SetDigest, bool> isSketched)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_gate)
        {
            (before, _last) = (_last, turn.Task);
        }

        await before.ConfigureAwait(false);
        try
        {
            return await reads.AskAsync(() =>
            {
                _sets.CatchUp(view());
                var both = SyncValues.FloorsOf(range.Floors).Max(floors());
                var between = new SetRange(both, new HybridTimestamp(range.From), new HybridTimestamp(range.To));
                var items = _sets.Compose(between, isSketched: false);
                return (isSketched(SetDigest.Of(items.Items)) ? _sets.Compose(between, isSketched: true) : items, both);
            }).ConfigureAwait(false);
        }
        finally
        {
            turn.SetResult();
        }
    }

    private async Task<SyncOpening> OpenOffTurnAsync(SyncRange range, SetSummary? theirs)
    {
        var (items, both) = await ComposeAsync(range, ours => theirs is null || !SyncValues.SummaryOf(ShardFloors.None, ours).HasSameItems(theirs))
            .ConfigureAwait(false);
        var session = new SyncSession(this, range, items, both, sessions.Close, time);
        return new SyncOpening(sessions.Open(session), SyncValues.SummaryOf(both, session.Digest));
    }
}

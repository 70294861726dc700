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

    /// <summary>The key of both sides' sketches.</summary>
    public SketchKey Key => key;

    /// <summary>The log of the shard.</summary>
    public IShardLogWriter Writer => writer;

    /// <summary>What is asked of segments.</summary>
    public SealedReads Reads => reads;

    /// <summary>The messages of the shard now.</summary>
    public ShardView View => view();

    /// <summary>Opens a session.</summary>
    /// <param name="range">Which messages.</param>
    /// <param name="theirs">What the peer has said of its set.</param>
    /// <param name="isStranger">Whether the peer is no partner.</param>
    public async Task<SyncOpening> OpenAsync(SyncRange range, SetSummary? theirs, bool isStranger)
    {
        sessions.Reserve(isStranger);
        try
        {
            return await Task.Run(() => OpenOffTurnAsync(range, theirs, isStranger));
        }
        catch
        {
            sessions.Abandon(isStranger);
            throw;
        }
    }

    /// <summary>The messages of a range now, above the higher of both sides' floors.</summary>
    /// <param name="range">Which.</param>
    /// <param name="isSketched">Whether the sketch is wanted, too, of a set with such a digest.</param>
    /// <param name="isStranger">Whether the peer is no partner.</param>
    public Task<(RangeItems Items, SetDigest Digest, ShardFloors Floors)> ComposeAsync(
        SyncRange range, Func<SetDigest, bool> isSketched, bool isStranger) => reads.ReconcileAsync(() => Compose(range, isSketched), isStranger);

    /// <summary>Forgets the sketches until one is wanted again.</summary>
    public void ForgetSketches()
    {
        lock (_gate)
        {
            _sets.ForgetSketches();
        }
    }

    /// <summary>The shard goes. Sessions that are open still go on.</summary>
    public void Close() => sessions.Sketched.Remove(this);

    // Whoever waits at the gate holds one of the few places for what is reconciled, and so does who is inside: no more threads wait than there are places.
    private (RangeItems Items, SetDigest Digest, ShardFloors Floors) Compose(SyncRange range, Func<SetDigest, bool> isSketched)
    {
        (RangeItems Items, SetDigest Digest, ShardFloors Floors) set;
        lock (_gate)
        {
            _sets.CatchUp(view());
            var both = SyncValues.FloorsOf(range.Floors).Max(floors());
            var between = new SetRange(both, new HybridTimestamp(range.From), new HybridTimestamp(range.To));
            var items = _sets.Compose(between, isSketched: false);
            set = (items, SetDigest.Of(items.Items), both);
            if (!isSketched(set.Digest))
            {
                return set;
            }

            set.Items = _sets.Compose(between, isSketched: true);
        }

        sessions.Sketched.Use(this)?.ForgetSketches();
        return set;
    }

    private async Task<SyncOpening> OpenOffTurnAsync(SyncRange range, SetSummary? theirs, bool isStranger)
    {
        var (items, digest, both) = await ComposeAsync(
            range, ours => theirs is null || !SyncValues.SummaryOf(ShardFloors.None, ours).HasSameItems(theirs), isStranger).ConfigureAwait(false);
        var session = new SyncSession(this, range, items, both, isStranger, sessions.Close, time);
        return new SyncOpening(sessions.Open(session), SyncValues.SummaryOf(both, digest));
    }
}

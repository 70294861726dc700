using System.Security.Cryptography;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Placement;
using DChat.Abstractions.Streams;
using DChat.Core.Admission;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Grains.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;

namespace DChat.Grains.SyncShard;

/// <summary>
/// One shard: a shell that translates between calls, <see cref="SyncShardMachine"/>, the log and the silo's stream queue.
/// Reentrant, because an append waits for the disk while others gather for the next one and readers read.
/// </summary>
[Reentrant, HashBasedPlacement, RequireSiloRole(SiloRole.Core), GrainType("dchat.sync-shard")]
internal sealed partial class SyncShardGrain(
    IShardLog log,
    ISegmentStore segments,
    SealedReads reads,
    AdmissionPipeline admission,
    IOptions<NetworkOptions> network,
    ShardQueue queue,
    ActiveShards active,
    PendingBytes pending,
    SyncSessions sessions,
    TimeProvider time,
    ILogger<SyncShardGrain> logger) : Grain, ISyncShardGrain
{
    private readonly ILogger _logger = logger;
    private readonly AppendWaiters _waiters = new();
    private IShardLogWriter _writer = null!;
    private SyncShardMachine _machine = null!;
    private ShardReader _reader = null!;
    private ShardSealer _sealer = null!;
    private ShardSync? _sync;
    private ShardScrubber _scrubber = null!;
    private ShardOutbox? _outbox;
    private HeadBeforeOpening _headBefore = null!;
    private long _openedAt;
    private ShardId _shard;
    private string? _lookupFault;
    private int _waiting;
    private Task _appending = Task.CompletedTask;

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        _shard = GrainKeys.ParseShard(key, network.Value);
        _writer = await log.OpenAsync(_shard, cancellationToken);
        var opened = await segments.OpenAsync(_shard, _writer.Term, cancellationToken);
        var salt = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        var index = await reads.ReplayAsync(() => _writer.ReplayIndexAsync(opened.Sealed, salt, cancellationToken).AsTask(), cancellationToken);
        (_headBefore, _openedAt) = (new HeadBeforeOpening(index.Snapshot(), opened.Sealed.LastHlc), time.GetTimestamp());
        _machine = new SyncShardMachine(new ShardView(index, opened.Sealed));
        _reader = new ShardReader(log.Id, _writer, reads, () => _machine.View);
        _sealer = new ShardSealer(_writer, opened, reads, _machine);
        _sealer.Release();
        _scrubber = new ShardScrubber(_shard, _writer, reads, () => _machine.View);
        _sync = new ShardSync(
            ShardSets.KeyOf(network.Value.Network, _shard), _writer, reads, sessions, () => _machine.View, () => ShardFloors.Of(admission.FloorOf), time);
        _outbox = new ShardOutbox(
            queue, active.Add(_shard, index.Head, () => _machine.View.Open.MemoryBytes), log.Id, ShardStreams.GroupOf(_shard, network.Value.ShardBits));
        LogOpened(key, _writer.Term, index.Head);
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _outbox?.Close();
        _sync?.Close();
        if (reason.ReasonCode is DeactivationReasonCode.ApplicationRequested or DeactivationReasonCode.ApplicationError)
        {
            // It was fenced or its log threw: the log may hold messages that no heartbeat has told of, and followers of an
            // idle shard would never hear of them.
            active.WakeLater(_shard);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<PublishReply> AppendAsync(AppendRequest request)
    {
        using var activity = DChatTelemetry.Activities.StartActivity("dchat.append");
        activity?.SetTag("dchat.shard", _shard.Value).SetTag("dchat.messages", request.Envelopes.Count);

        var entries = AppendRequestReader.Read(request, _shard, network.Value);
        var traceParent = activity is { Recorded: true } ? activity.Id : null;
        var results = await AppendWithinLimitAsync(request, entries, traceParent);
        foreach (var result in results)
        {
            SyncShardInstruments.Settled(result);
        }

        return new PublishReply(log.Id, Array.ConvertAll(results, PublishResult.From));
    }

    /// <inheritdoc/>
    public Task<ReadReply> ReadAsync(LogPosition after, int maxCount) => _reader.ReadAsync(after, maxCount);

    /// <inheritdoc/>
    public Task<ReadReply> FetchAsync(TopicTag topic, LogPosition? after, int maxCount) => _reader.FetchAsync(topic, after, maxCount);

    /// <inheritdoc/>
    public async Task<SealReply> SealAsync(EpochId epoch, HybridTimestamp before)
    {
        using var activity = DChatTelemetry.Activities.StartActivity("dchat.seal");
        activity?.SetTag("dchat.shard", _shard.Value).SetTag("dchat.epoch", epoch.Value);
        var started = time.GetTimestamp();
        var result = await _sealer.SealAsync(epoch, before);
        foreach (var segment in result.Segments)
        {
            SyncShardInstruments.Sealed(segment, time.GetElapsedTime(started));
            LogSealed(this.GetPrimaryKeyString(), segment.Id.Class, epoch.Value, segment.Count, segment.Root);
        }

        if (result.Holes.Count > 0)
        {
            LogUnreadable(this.GetPrimaryKeyString(), result.Holes.Count, epoch.Value);
        }

        if (result.Unread.Count > 0)
        {
            LogUnread(this.GetPrimaryKeyString(), result.Unread.Count, epoch.Value, result.Unread[0]);
        }

        return new SealReply(
            [.. result.Segments.Select(segment => new SegmentDescription(epoch.Value, segment.Id.Class, segment.Root.ToString(), segment.Count, segment.EnvelopeBytes))],
            [.. result.Holes]);
    }

    /// <inheritdoc/>
    public Task<SyncOpening> OpenSyncAsync(SyncRange range, SetSummary? theirs, bool isStranger) => _sync!.OpenAsync(range, theirs, isStranger);

    /// <inheritdoc/>
    public Task<ScrubPage> ScrubAsync(ScrubPosition position) => _scrubber.ScrubAsync(position);

    /// <inheritdoc/>
    public Task<LogPosition> GetHeadAsync() => Task.FromResult(new LogPosition(log.Id, _machine.View.Open.Head));

    /// <inheritdoc/>
    public Task<LogPosition> GetPastHeadAsync(TimeSpan ago) => Task.FromResult(
        ago < time.GetElapsedTime(_openedAt)
            ? _outbox!.HeadAt(ago)
            : new LogPosition(log.Id, _headBefore.At(time.GetUtcNow() - ago)));

    private async ValueTask<OfferResult[]> AppendWithinLimitAsync(AppendRequest request, IndexEntry[] entries, string? traceParent)
    {
        var bytes = request.Envelopes.Bytes.Length;
        if (!pending.TryTake(bytes, isFirst: _waiting == 0))
        {
            return [.. Enumerable.Repeat(OfferResult.Rejected(RejectionCode.Overloaded), entries.Length)];
        }

        _waiting++;
        try
        {
            var lookup = await LookUpAsync(entries);
            var offer = _machine.Offer(entries, request.Envelopes, request.Door, traceParent, ShardFloors.Of(admission.FloorOf), lookup);
            var settled = _waiters.WaitAsync(offer.Tickets);
            if (_appending.IsCompleted)
            {
                _appending = AppendPendingAsync();
            }

            return offer.Results(await settled);
        }
        finally
        {
            _waiting--;
            pending.Return(bytes);
        }
    }

    private async ValueTask<SealedLookup> LookUpAsync(IndexEntry[] entries)
    {
        var lookup = _machine.Ask(entries);
        while (!lookup.IsDone)
        {
            var asked = lookup;
            await reads.LookUpAsync(asked.Run);

            // When more has been sealed meanwhile, what was to be read may be gone, and all is asked again.
            lookup = _machine.Ask(entries, asked);
        }

        if (lookup.Fault is { } fault && fault.Message != _lookupFault)
        {
            // Once for each: batches keep coming while a disk is broken.
            _lookupFault = fault.Message;
            LogLookupFailed(this.GetPrimaryKeyString(), fault);
        }

        return lookup;
    }

    private async Task AppendPendingAsync()
    {
        while (_machine.TryBegin(out var append))
        {
            var started = time.GetTimestamp();
            var result = await AppendToLogAsync(append);
            if (result.Outcome == AppendOutcome.Durable)
            {
                SyncShardInstruments.Appended(append.Entries.Count, time.GetElapsedTime(started));
            }
            else
            {
                LogAppendNotDurable(this.GetPrimaryKeyString(), append.Entries.Count, _writer.Term, result.Outcome);
            }

            var effects = _machine.Complete(result);
            _waiters.Settle(effects.Settled);
            _outbox!.Enqueue(effects.Runs);
            if (effects.StepDown)
            {
                DeactivateOnIdle();
            }
        }
    }

    private async ValueTask<AppendResult> AppendToLogAsync(ShardAppend append)
    {
        try
        {
            return await _writer.AppendAsync(append);
        }
        catch (Exception exception)
        {
            // A log that throws has broken its contract; whether the batch is durable is unknown, so this activation ends
            // and the next one reads what is there.
            LogAppendThrew(this.GetPrimaryKeyString(), exception);
            return AppendResult.Not(AppendOutcome.Fenced);
        }
    }
}

using DChat.Abstractions.Admission;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Flow;
using DChat.Abstractions.Messages;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using Microsoft.Extensions.Options;

namespace DChat.Grains.Admission;

/// <summary>
/// The silo's one door: verifies envelopes on pool threads, as many at once as there are processors and no more, a few of
/// one network and then a few of the next. A worker goes back into the pool's queue after each few, so that a flood of
/// signatures does not keep the rest of the silo off its threads.
/// </summary>
internal sealed class AdmissionWorkers : IAdmissionDoor, IThreadPoolWorkItem
{
    /// <summary>Envelopes verified in one go: about half a millisecond.</summary>
    internal const int AtOnce = 8;

    /// <summary>What of one network may wait, in KiB begun; beyond it is refused as overloaded, for the moment.</summary>
    internal const int MaxWaitingPerPrefix = 64 * 1024;

    /// <summary>How soon to come back when too much of a network waits.</summary>
    internal static readonly TimeSpan OverloadedFor = TimeSpan.FromSeconds(1);

    private const int KiB = 1024;

    private readonly Lock _gate = new();
    private readonly FairQueue<NetworkPrefix, Portion> _queue = new(AtOnce, MaxWaitingPerPrefix);
    private readonly AdmissionPipeline _pipeline;
    private readonly TimeProvider _time;
    private readonly int _shardBits;
    private readonly int _maxWorkers;
    private int _workers;

    public AdmissionWorkers(AdmissionPipeline pipeline, IOptions<NetworkOptions> network, TimeProvider time)
        : this(pipeline, network, time, Environment.ProcessorCount)
    {
    }

    internal AdmissionWorkers(AdmissionPipeline pipeline, IOptions<NetworkOptions> network, TimeProvider time, int maxWorkers)
    {
        _pipeline = pipeline;
        _time = time;
        _shardBits = network.Value.ShardBits;
        _maxWorkers = maxWorkers;
    }

    /// <inheritdoc/>
    public async Task<AdmissionVerdicts> AdmitAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> envelopes, ShardId? shard, AdmissionSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(envelopes);
        using var activity = DChatTelemetry.Activities.StartActivity("dchat.admit");
        activity?.SetTag("dchat.messages", envelopes.Count);
        if (shard is { } offered)
        {
            activity?.SetTag("dchat.shard", offered.Value);
        }

        var job = new Job(envelopes, shard, source, _time.GetTimestamp(), cancellationToken);
        if (!TryVerifyHere(job))
        {
            Enqueue(job);
        }

        // Awaited also when it is done: it fails when the request was given up.
        await job.Done.Task.ConfigureAwait(false);

        var verdicts = new AdmissionVerdicts(envelopes, job.Results, source, _shardBits);
        AdmissionInstruments.Record(job.Results);
        return verdicts;
    }

    /// <inheritdoc/>
    public void Settle(AdmittedBatch batch, ReadOnlySpan<PublishResult> results)
    {
        ArgumentNullException.ThrowIfNull(batch);
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i].IsAccepted)
            {
                _pipeline.Settle(batch.Results[i], batch.Source, isNew: !results[i].IsDuplicate);
            }
        }
    }

    /// <summary>Verifies the next few, as a worker of the pool.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        Portion? portion;
        lock (_gate)
        {
            if (!_queue.TryDequeue(out portion))
            {
                _workers--;
                return;
            }
        }

        AdmissionInstruments.Waited(_time.GetElapsedTime(portion.Job.EnqueuedAt));
        portion.Job.Verify(portion, _pipeline);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>
    /// A few envelopes that nobody stands before are verified on the caller's own pool thread, which saves two changes of
    /// thread; not on the turn of a grain, which others wait for.
    /// </summary>
    private bool TryVerifyHere(Job job)
    {
        if (job.Results.Length > AtOnce || TaskScheduler.Current != TaskScheduler.Default || !Thread.CurrentThread.IsThreadPoolThread)
        {
            return false;
        }

        lock (_gate)
        {
            if (_workers >= _maxWorkers || _queue.Count > 0)
            {
                return false;
            }

            _workers++;
        }

        job.Verify(new Portion(job, 0, job.Results.Length), _pipeline);
        lock (_gate)
        {
            if (_queue.Count == 0)
            {
                _workers--;
                return true;
            }
        }

        // Somebody came meanwhile and found no worker free: this place is theirs.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    private void Enqueue(Job job)
    {
        var start = 0;
        var wanted = 0;
        lock (_gate)
        {
            while (start < job.Results.Length)
            {
                var portion = new Portion(job, start, Math.Min(start + AtOnce, job.Results.Length));
                if (!_queue.TryEnqueue(job.Source.Prefix, portion, CostOf(portion)))
                {
                    break;
                }

                start = portion.End;
            }

            while (_workers < _maxWorkers && wanted < _queue.Count)
            {
                _workers++;
                wanted++;
            }
        }

        job.Refuse(start, AdmissionResult.Deferred(RejectionCode.Overloaded, OverloadedFor));
        for (; wanted > 0; wanted--)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private static int CostOf(Portion portion)
    {
        var cost = 0;
        for (var i = portion.Start; i < portion.End; i++)
        {
            cost += 1 + (portion.Job.Envelopes[i].Length / KiB);
        }

        return cost;
    }

    private sealed record Portion(Job Job, int Start, int End);

    /// <summary>One request, verified in portions.</summary>
    private sealed class Job(
        IReadOnlyList<ReadOnlyMemory<byte>> envelopes, ShardId? shard, AdmissionSource source, long enqueuedAt, CancellationToken cancellationToken)
    {
        private int _missing = envelopes.Count;

        public IReadOnlyList<ReadOnlyMemory<byte>> Envelopes => envelopes;

        public AdmissionSource Source => source;

        public long EnqueuedAt => enqueuedAt;

        public AdmissionResult[] Results { get; } = new AdmissionResult[envelopes.Count];

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Verify(Portion portion, AdmissionPipeline pipeline)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                Done.TrySetCanceled(cancellationToken);
                return;
            }

            try
            {
                for (var i = portion.Start; i < portion.End; i++)
                {
                    Results[i] = pipeline.Admit(envelopes[i].Span, shard, source);
                }
            }
            catch (Exception fault)
            {
                // The worker serves others too and must go on.
                Done.TrySetException(fault);
                return;
            }

            Count(portion.End - portion.Start);
        }

        /// <summary>Gives the same verdict on everything from a place on.</summary>
        public void Refuse(int start, in AdmissionResult verdict)
        {
            Results.AsSpan(start).Fill(verdict);
            Count(Results.Length - start);
        }

        private void Count(int judged)
        {
            if (Interlocked.Add(ref _missing, -judged) == 0)
            {
                Done.TrySetResult();
            }
        }
    }
}

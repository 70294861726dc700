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
/// The silo's one door. Verifies envelopes on pool threads, on as many at once as there are processors. Networks take turns of
/// <see cref="AtOnce"/> envelopes. After each turn a worker goes to the end of the pool's queue, so that other work of the silo
/// gets a thread during a flood.
/// </summary>
internal sealed class AdmissionWorkers : IAdmissionDoor, IThreadPoolWorkItem
{
    /// <summary>Envelopes verified in one go: about half a millisecond.</summary>
    internal const int AtOnce = 8;

    /// <summary>How much of one network may wait, in started KiB. More is refused as overloaded, which is transient.</summary>
    internal const int MaxWaitingPerPrefix = 64 * 1024;

    /// <summary>When to send again what was refused as overloaded.</summary>
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
            _pipeline.Settle(batch.Results[i], batch.Source, isNew: results[i].IsAccepted && !results[i].IsDuplicate);
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
    /// When nothing waits and a worker is free, a few envelopes are verified on the caller's own pool thread, which saves two
    /// changes of thread. Never on a grain's turn: other calls to the grain would wait for it.
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

        // Envelopes were queued while this thread counted as a worker. A worker of the pool takes its place, or they would wait.
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

        job.Refuse(start, AdmissionResult.SourceSpent(RejectionCode.Overloaded, OverloadedFor));
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
                // The fault is this request's. The worker goes on with those of others.
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

using System.IO.Pipelines;

namespace DChat.Libp2p.Streams;

/// <summary>
/// The input of a stream whose protocol was proposed but not yet answered: reads wait for the answer. A refusal ends the
/// stream, so the read behind it throws.
/// </summary>
internal sealed class LazyNegotiationReader(PipeReader inner, Task negotiation) : PipeReader
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _waiting;
    private bool _cancelNext;
    private bool _answeredItself;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if ((!negotiation.IsCompleted || _cancelNext) && !await AwaitAnswerAsync(cancellationToken).ConfigureAwait(false))
        {
            _answeredItself = true;
            return new ReadResult(default, isCanceled: true, isCompleted: false);
        }

        return await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    public override bool TryRead(out ReadResult result)
    {
        result = default;
        return negotiation.IsCompleted && inner.TryRead(out result);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_answeredItself)
        {
            _answeredItself = false;
        }
        else
        {
            inner.AdvanceTo(consumed, examined);
        }
    }

    public override void CancelPendingRead()
    {
        lock (_gate)
        {
            if (_waiting is not null)
            {
                _waiting.TrySetResult();
                return;
            }

            if (!negotiation.IsCompleted)
            {
                _cancelNext = true;
                return;
            }
        }

        inner.CancelPendingRead();
    }

    public override void Complete(Exception? exception = null)
    {
        // While the negotiation reads, the pipe can only be completed behind it.
        _ = negotiation.ContinueWith(
            static (_, state) => ((PipeReader)state!).Complete(),
            inner,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Waits for the answer; false when the read was cancelled first.</summary>
    private async ValueTask<bool> AwaitAnswerAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource waiting;
        lock (_gate)
        {
            if (_cancelNext)
            {
                _cancelNext = false;
                return false;
            }

            _waiting = waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        try
        {
            await Task.WhenAny(negotiation, waiting.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _waiting = null;
            }
        }

        return !waiting.Task.IsCompleted;
    }
}

using System.IO.Pipelines;

namespace DChat.Libp2p.Host;

/// <summary>
/// The input of a stream whose protocol was proposed but not yet answered: reads wait for the answer. A refusal ends the
/// stream, so the read behind it throws.
/// </summary>
internal sealed class LazyNegotiationReader(PipeReader inner, Task negotiation) : PipeReader
{
    private TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _answeredItself;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (!negotiation.IsCompleted)
        {
            var cancelled = _cancelled.Task;
            if (await Task.WhenAny(negotiation, cancelled).WaitAsync(cancellationToken).ConfigureAwait(false) == cancelled)
            {
                _cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _answeredItself = true;
                return new ReadResult(default, isCanceled: true, isCompleted: false);
            }
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
        if (negotiation.IsCompleted)
        {
            inner.CancelPendingRead();
        }
        else
        {
            _cancelled.TrySetResult();
        }
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
}

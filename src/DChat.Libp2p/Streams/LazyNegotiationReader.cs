using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace DChat.Libp2p.Streams;

/// <summary>
/// The input of a stream whose protocol was proposed but not yet answered: reads wait for the answer, and throw when it is
/// a refusal.
/// </summary>
internal sealed class LazyNegotiationReader(PipeReader inner) : PipeReader
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<bool>? _waiting;
    private Libp2pException? _refusal;
    private volatile bool _isAnswered;
    private volatile bool _cancelNext;
    private bool _isCompleted;
    private bool _answeredItself;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _isAnswered && !_cancelNext && _refusal is null ? inner.ReadAsync(cancellationToken) : ReadAnsweredAsync(cancellationToken);

    public override bool TryRead(out ReadResult result)
    {
        result = default;
        if (!_isAnswered)
        {
            return false;
        }

        return _refusal is null ? inner.TryRead(out result) : throw _refusal;
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
        TaskCompletionSource<bool>? cancelled = null;
        lock (_gate)
        {
            if (_waiting is not null)
            {
                cancelled = _waiting;
                _waiting = null;
            }

            else if (!_isAnswered)
            {
                _cancelNext = true;
                return;
            }
        }

        if (cancelled is null)
        {
            inner.CancelPendingRead();
        }
        else
        {
            cancelled.TrySetResult(false);
        }
    }

    public override void Complete(Exception? exception = null)
    {
        lock (_gate)
        {
            // While the negotiation reads, the pipe can only be completed behind it.
            _isCompleted = true;
            if (!_isAnswered)
            {
                return;
            }
        }

        inner.Complete();
    }

    /// <summary>The negotiation has ended and reads no more: with a refusal, or null.</summary>
    internal void OnAnswer(Libp2pException? refusal)
    {
        TaskCompletionSource<bool>? waiting;
        bool isCompleted;
        lock (_gate)
        {
            _refusal = refusal;
            _isAnswered = true;
            waiting = _waiting;
            _waiting = null;
            isCompleted = _isCompleted;
        }

        if (isCompleted)
        {
            inner.Complete();
        }

        waiting?.TrySetResult(true);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> ReadAnsweredAsync(CancellationToken cancellationToken)
    {
        if (!await AwaitAnswerAsync(cancellationToken).ConfigureAwait(false))
        {
            _answeredItself = true;
            return new ReadResult(default, isCanceled: true, isCompleted: false);
        }

        // The stream may have ended in good order before the refusal was read.
        return _refusal is null ? await inner.ReadAsync(cancellationToken).ConfigureAwait(false) : throw _refusal;
    }

    /// <summary>Waits for the answer; false when the read was cancelled first.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitAnswerAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<bool> waiting;
        lock (_gate)
        {
            if (_cancelNext)
            {
                _cancelNext = false;
                return false;
            }

            if (_isAnswered)
            {
                return true;
            }

            _waiting = waiting = new TaskCompletionSource<bool>();
        }

        try
        {
            return await waiting.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _waiting = null;
            }
        }
    }
}

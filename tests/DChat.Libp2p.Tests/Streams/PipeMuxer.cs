using System.IO.Pipelines;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Tests.Streams;

/// <summary>A multiplexed connection without a peer: both ends of its streams are here.</summary>
internal sealed class PipeMuxer : IMuxedConnection
{
    private readonly TaskCompletionSource<Exception> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _opened;

    public bool CanOpen => !_completion.Task.IsCompleted;

    public int StreamCount => 0;

    public TimeSpan? RoundTripTime => null;

    public Task<Exception> Completion => _completion.Task;

    public (IMuxedStream Near, IMuxedStream Far) Open()
    {
        var (there, back) = (new Pipe(), new Pipe());
        var id = Interlocked.Increment(ref _opened);
        return (new PipeEnd(id, true, back.Reader, there.Writer), new PipeEnd(id, false, there.Reader, back.Writer));
    }

    public void Start()
    {
    }

    public ValueTask<IMuxedStream> OpenStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IMuxedStream?> AcceptStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public void LimitSendAhead()
    {
    }

    public Task CloseAsync()
    {
        _completion.TrySetResult(new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "Closed."));
        return Task.CompletedTask;
    }

    /// <summary>One end of two crossed pipes. Ends when this side has stopped writing: nobody here counts streams.</summary>
    private sealed class PipeEnd(long id, bool isOutbound, PipeReader input, PipeWriter output) : IMuxedStream
    {
        private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Id => id;

        public bool IsOutbound => isOutbound;

        public PipeReader Input => input;

        public PipeWriter Output => output;

        public Task Completion => _completion.Task;

        public Task EndAfter { get; set; } = Task.CompletedTask;

        public void OnFinished(Action action) => _completion.Task.ContinueWith(_ => action(), TaskScheduler.Default);

        public async ValueTask CloseWriteAsync(CancellationToken cancellationToken = default)
        {
            await output.CompleteAsync();
            _completion.TrySetResult();
        }

        public ValueTask FinishWritingAsync() => CloseWriteAsync();

        public void Reset() => Reset(new Libp2pException(Libp2pErrorCodes.StreamReset, "Reset."));

        public void Reset(Libp2pException reason)
        {
            output.Complete(reason);
            _completion.TrySetResult();
        }
    }
}

using System.IO.Pipelines;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Yamux;

/// <summary>
/// One stream of a session: two halves that end on their own, each with a window (yamux/README.md, "Flow Control").
/// </summary>
/// <remarks>
/// What arrives is copied to a pipe, never more than the window allows; the window opens again as the application
/// reads. The lock guards everything that the reading loop, the application and timers share.
/// </remarks>
internal sealed partial class YamuxStream : IMuxedStream
{
    /// <summary>The most payload of a data frame that this side sends: a share of the connection small enough to be fair.</summary>
    internal const int MaxFrame = 64 * 1024;

    private static readonly TaskCompletionSource Completed = CreateCompleted();

    private static readonly PipeOptions InboundOptions = new(pauseWriterThreshold: 0, resumeWriterThreshold: 0, useSynchronizationContext: false);

    private readonly Lock _gate = new();
    private readonly YamuxSession _session;
    private readonly Pipe _inbound = new(InboundOptions);
    private readonly YamuxStreamWriter _output;
    private long _sendWindow = YamuxOptions.InitialWindow;
    private long _receiveLeft = YamuxOptions.InitialWindow;
    private int _receiveWindow = YamuxOptions.InitialWindow;
    private long _examined;
    private long _unread;
    private bool _isPieceFull;
    private long _epochStart;
    private bool _finSent;
    private bool _finReceived;
    private bool _readerDone;
    private Exception? _fault;
    private TaskCompletionSource? _windowOpened;
    private ITimer? _closeTimer;
    private Action? _onFinished;
    private bool _isFinished;
    private TaskCompletionSource? _completion;

    internal YamuxStream(YamuxSession session, uint id, bool isOutbound)
    {
        _session = session;
        StreamId = id;
        IsOutbound = isOutbound;
        _epochStart = session.Time.GetTimestamp();
        _output = new YamuxStreamWriter(this);
        Input = new YamuxStreamReader(this, _inbound.Reader);
    }

    public PipeReader Input { get; }

    public PipeWriter Output => _output;

    /// <inheritdoc/>
    public long Id => StreamId;

    /// <inheritdoc/>
    public bool IsOutbound { get; }

    internal uint StreamId { get; }

    /// <summary>Set while an outbound stream counts against the peer's backlog; the session's to use.</summary>
    internal bool IsUnacknowledged { get; set; }

    /// <inheritdoc/>
    public Task Completion
    {
        get
        {
            if (Volatile.Read(ref _completion) is { } known)
            {
                return known.Task;
            }

            // Made for whoever asks, since few do.
            var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _completion, asked, null) ?? asked).Task;
        }
    }

    /// <inheritdoc/>
    public Task EndAfter { get; set; } = Task.CompletedTask;

    /// <summary>Bytes this stream's window has grown; given back to the session at the end.</summary>
    internal int WindowGrowth => _receiveWindow - YamuxOptions.InitialWindow;

    /// <inheritdoc/>
    public void OnFinished(Action action)
    {
        lock (_gate)
        {
            if (!_isFinished)
            {
                _onFinished = action;
                return;
            }
        }

        action();
    }

    /// <inheritdoc/>
    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => new(_output.CloseAsync(cancellationToken));

    /// <inheritdoc/>
    public void Reset() => Reset(new Libp2pException(Libp2pErrorCodes.StreamReset, "This side reset the stream."));

    /// <inheritdoc/>
    public void Reset(Libp2pException reason)
    {
        if (Abort(reason))
        {
            _session.Output.WriteControl(new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.Rst, StreamId, (uint)YamuxErrorCodes.Of(reason)));
        }
    }

    /// <inheritdoc/>
    public ValueTask FinishWritingAsync() => _output.TryCloseNow() ? default : FinishSlowlyAsync();

    /// <summary>Ends both halves with a fault, without a word to the peer; false when the stream had ended.</summary>
    internal bool Abort(Exception reason)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            if (_fault is not null || (_finSent && _finReceived))
            {
                return false;
            }

            _fault = reason;
            if (!_finReceived)
            {
                _inbound.Writer.Complete(reason);
            }

            waiter = _windowOpened;
            _windowOpened = null;
        }

        waiter?.TrySetResult();
        FinishIf(true);
        return true;
    }

    /// <summary>Sends FIN, in a frame of its own: js ends the stream before it looks at a payload that comes with it.</summary>
    internal void SendFin()
    {
        bool finished;
        lock (_gate)
        {
            if (_finSent || _fault is not null)
            {
                return;
            }

            _finSent = true;
            finished = _finReceived;
            StartCloseTimer();
        }

        _session.Output.WriteControl(new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.Fin, StreamId, 0));
        FinishIf(finished);
    }

    /// <summary>Throws what ended the stream, if something did.</summary>
    internal void ThrowIfNotWritable()
    {
        if (_fault is not null)
        {
            throw new Libp2pException((_fault as Libp2pException)?.Code ?? Libp2pErrorCodes.ConnectionClosed, _fault.Message, isTransient: true, _fault);
        }

        if (_finSent)
        {
            throw new InvalidOperationException("The writing half of the stream is closed.");
        }
    }

    private async ValueTask FinishSlowlyAsync()
    {
        using var timeout = !_output.HasUnsent ? null : new CancellationTokenSource(_session.Options.StreamCloseTimeout, _session.Time);
        try
        {
            await CloseWriteAsync(timeout?.Token ?? CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is Libp2pException or OperationCanceledException)
        {
            Reset();
        }
    }

    /// <summary>A peer that never ends its half must not keep a stream this side is done with.</summary>
    private void StartCloseTimer()
    {
        if (_readerDone && _finSent && !_finReceived && _fault is null)
        {
            _closeTimer = _session.Time.CreateTimer(
                static state => ((YamuxStream)state!).Reset(), this, _session.Options.StreamCloseTimeout, Timeout.InfiniteTimeSpan);
        }
    }

    private void FinishIf(bool finished)
    {
        if (!finished)
        {
            return;
        }

        Action? onFinished;
        lock (_gate)
        {
            _closeTimer?.Dispose();
            _isFinished = true;
            onFinished = _onFinished;
            _onFinished = null;
        }

        _session.OnStreamFinished(this);
        onFinished?.Invoke();
        Interlocked.CompareExchange(ref _completion, Completed, null)?.TrySetResult();
    }

    private static TaskCompletionSource CreateCompleted()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }
}

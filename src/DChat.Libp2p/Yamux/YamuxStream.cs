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
    private bool _isCompleted;
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
            lock (_gate)
            {
                // Whether anyone waits is not known until someone asks, and few do.
                return _isCompleted
                    ? Task.CompletedTask
                    : (_completion ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
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
    public async ValueTask FinishWritingAsync()
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

    /// <summary>The peer allows more bytes.</summary>
    internal void OnWindowUpdate(uint delta)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            // More than a frame's length field can say is as good as that.
            _sendWindow = Math.Min(_sendWindow + delta, uint.MaxValue);
            waiter = _windowOpened;
            _windowOpened = null;
        }

        waiter?.TrySetResult();
    }

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

    /// <summary>Reserves up to <paramref name="wanted"/> bytes of the send window, waiting while there is none. 0 when cancelled by <see cref="CancelWindowWait"/>.</summary>
    internal async ValueTask<int> ReserveSendAsync(int wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            TaskCompletionSource wait;
            lock (_gate)
            {
                ThrowIfNotWritable();
                _sendWindow = Math.Min(_sendWindow, _session.MaxSendAhead);
                var granted = (int)Math.Min(Math.Min(wanted, MaxFrame), _sendWindow);
                if (granted > 0)
                {
                    _sendWindow -= granted;
                    return granted;
                }

                wait = _windowOpened ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            if (await WaitAsync(wait, cancellationToken).ConfigureAwait(false))
            {
                return 0;
            }
        }
    }

    /// <summary>Lets a waiting <see cref="ReserveSendAsync"/> return 0.</summary>
    internal void CancelWindowWait()
    {
        lock (_gate)
        {
            _windowOpened?.TrySetCanceled();
            _windowOpened = null;
        }
    }

    /// <summary>Sends one frame within a reservation; the reservation is given back when the caller gives up.</summary>
    internal async ValueTask SendAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        try
        {
            await _session.Output.WriteDataAsync(StreamId, payload, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            OnWindowUpdate((uint)payload.Length);
            throw;
        }
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

    private static async ValueTask<bool> WaitAsync(TaskCompletionSource wait, CancellationToken cancellationToken)
    {
        try
        {
            await wait.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
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
        TaskCompletionSource? completion;
        lock (_gate)
        {
            _isCompleted = true;
            completion = _completion;
        }

        completion?.TrySetResult();
    }
}

using System.IO.Pipelines;
using System.Threading.Channels;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Yamux;

/// <summary>
/// Many streams over one connection: yamux 1.0.0 (yamux/README.md). Dialers open odd stream ids, listeners even ones.
/// </summary>
internal sealed partial class YamuxSession : IMuxedConnection, IAsyncDisposable
{
    internal const string Protocol = "/yamux/1.0.0";

    /// <summary>Time the last frames have to leave before the transport is closed under them.</summary>
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly IDuplexPipe _pipe;
    private readonly IAsyncDisposable _transport;
    private readonly bool _isInitiator;
    private readonly Dictionary<uint, YamuxStream> _streams = [];
    private readonly Channel<YamuxStream> _accepted;
    private readonly SemaphoreSlim _unacknowledged;
    private readonly TaskCompletionSource<Exception> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;
    private long _nextId;
    private int _inbound;
    private int _outbound;
    private int _windowGrowth;
    private long _maxSendAhead = uint.MaxValue;
    private bool _remoteGoAway;
    private Exception? _fault;

    /// <summary>A session that <see cref="Start"/> sets going.</summary>
    /// <param name="pipe">The secured connection; both halves are completed when nothing of the session runs any more.</param>
    /// <param name="transport">Disposed when the session ends, which must end reads and writes of <paramref name="pipe"/>.</param>
    /// <param name="isInitiator">Whether this side dialed.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">The clock.</param>
    internal YamuxSession(IDuplexPipe pipe, IAsyncDisposable transport, bool isInitiator, YamuxOptions options, TimeProvider time)
    {
        _pipe = pipe;
        _transport = transport;
        _isInitiator = isInitiator;
        _nextId = isInitiator ? 1 : 2;
        Options = options;
        Time = time;
        Output = new YamuxOutput(pipe.Output, e => Terminate(e, goAway: null));
        _accepted = Channel.CreateBounded<YamuxStream>(new BoundedChannelOptions(options.AcceptBacklog) { SingleWriter = true });
        _unacknowledged = new SemaphoreSlim(options.AcceptBacklog);
    }

    internal YamuxOptions Options { get; }

    /// <summary>The most bytes sent on a stream before the peer opens its window again; no limit unless set.</summary>
    internal long MaxSendAhead { get => Volatile.Read(ref _maxSendAhead); set => Volatile.Write(ref _maxSendAhead, value); }

    internal TimeProvider Time { get; }

    internal YamuxOutput Output { get; }

    /// <inheritdoc/>
    public Task<Exception> Completion => _completion.Task;

    /// <inheritdoc/>
    public int StreamCount { get { lock (_gate) { return _streams.Count; } } }

    /// <inheritdoc/>
    public bool CanOpen { get { lock (_gate) { return _fault is null && !_remoteGoAway && _nextId <= uint.MaxValue; } } }

    /// <inheritdoc/>
    public void Start()
    {
        lock (_gate)
        {
            if (_fault is not null)
            {
                return;
            }

            StartKeepAlive();
            _reading = Task.Run(ReadFramesAsync);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IMuxedStream> OpenStreamAsync(CancellationToken cancellationToken = default)
    {
        await _unacknowledged.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Output.WaitForRoomAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            return OpenStream();
        }
        catch
        {
            _unacknowledged.Release();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IMuxedStream?> AcceptStreamAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_accepted.Reader.TryRead(out var stream))
            {
                SendAnswer(YamuxType.WindowUpdate, YamuxFlags.Ack, stream.StreamId, 0);
                return stream;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void LimitSendAhead() => MaxSendAhead = Options.MaxSendAheadOfJs;

    /// <inheritdoc/>
    public Task CloseAsync()
    {
        Terminate(new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "This side closed the connection."), YamuxGoAway.Normal);
        return _completion.Task;
    }

    /// <summary>As <see cref="CloseAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    /// <summary>Queues a frame without payload that the peer has provoked. One that provokes too many without reading them is cut off.</summary>
    internal void SendAnswer(YamuxType type, YamuxFlags flags, uint streamId, uint length)
    {
        if (!Output.TryWriteAnswer(new YamuxHeader(type, flags, streamId, length)))
        {
            Terminate(new Libp2pException(Libp2pErrorCodes.LimitReached, "The peer does not read the answers it asks for."), goAway: null);
        }
    }

    /// <summary>Grants up to <paramref name="wanted"/> bytes of window growth.</summary>
    internal int ReserveWindowGrowth(int wanted)
    {
        if (Budget is { MayGrowWindows: false })
        {
            return 0;
        }

        while (true)
        {
            var grown = Volatile.Read(ref _windowGrowth);
            var granted = Math.Min(wanted, Options.MaxWindowGrowth - grown);
            if (Interlocked.CompareExchange(ref _windowGrowth, grown + granted, grown) == grown)
            {
                return granted;
            }
        }
    }

    internal void OnStreamFinished(YamuxStream stream)
    {
        bool last, wasUnacknowledged;
        lock (_gate)
        {
            if (!_streams.Remove(stream.StreamId))
            {
                return;
            }

            _ = stream.IsOutbound ? _outbound-- : _inbound--;
            last = _remoteGoAway && _streams.Count == 0;
            wasUnacknowledged = stream.IsUnacknowledged;
            stream.IsUnacknowledged = false;
        }

        if (wasUnacknowledged)
        {
            _unacknowledged.Release();
        }

        stream.ReleasePlace();
        Interlocked.Add(ref _windowGrowth, -stream.WindowGrowth);
        if (last)
        {
            Terminate(ClosedByPeer(), YamuxGoAway.Normal);
        }
    }

    private static Libp2pException ClosedByPeer() => new(Libp2pErrorCodes.ConnectionClosed, "The peer closed the connection.", isTransient: true);

    /// <summary>What this side's users see of a fault of the transport.</summary>
    internal static Libp2pException Lost(Exception cause) =>
        cause as Libp2pException ?? new Libp2pException(Libp2pErrorCodes.ConnectionClosed, $"The connection broke: {cause.Message}", isTransient: true, cause);

    private YamuxStream AddOutbound()
    {
        if (_fault is not null || _remoteGoAway)
        {
            throw new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "The connection is closed.", isTransient: true, _fault);
        }

        if (_outbound == Options.MaxOutboundStreams || _nextId > uint.MaxValue)
        {
            throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"{_outbound} streams are open to this peer.", isTransient: true);
        }

        var stream = new YamuxStream(this, (uint)_nextId, isOutbound: true) { IsUnacknowledged = true };
        _nextId += 2;
        _outbound++;
        _streams.Add(stream.StreamId, stream);
        return stream;
    }

    /// <summary>Frees an outbound stream's place in the peer's backlog.</summary>
    private void Acknowledge(YamuxStream stream)
    {
        lock (_gate)
        {
            if (!stream.IsUnacknowledged)
            {
                return;
            }

            stream.IsUnacknowledged = false;
        }

        _unacknowledged.Release();
    }

    /// <summary>Ends the session once; the first reason stays.</summary>
    private void Terminate(Exception reason, YamuxGoAway? goAway)
    {
        YamuxStream[] streams;
        lock (_gate)
        {
            if (_fault is not null)
            {
                return;
            }

            _fault = reason;
            streams = [.. _streams.Values];
        }

        StopKeepAlive();
        _accepted.Writer.TryComplete();
        foreach (var stream in streams)
        {
            stream.Abort(reason);
        }

        _ = FinishAsync(reason, goAway);
    }

    private async Task FinishAsync(Exception reason, YamuxGoAway? goAway)
    {
        // Off the caller's stack: the reading loop, which may be the caller, is awaited below.
        await Task.Yield();
        if (goAway is { } code)
        {
            Output.WriteControl(new YamuxHeader(YamuxType.GoAway, YamuxFlags.None, 0, (uint)code));
            await DrainAsync().ConfigureAwait(false);
        }

        Output.Stop(reason);
        try
        {
            await _transport.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            Task reading;
            lock (_gate)
            {
                reading = _reading;
            }

            await reading.ConfigureAwait(false);
            await Output.DrainAsync().ConfigureAwait(false);
            await _pipe.Input.CompleteAsync().ConfigureAwait(false);
            await _pipe.Output.CompleteAsync(reason).ConfigureAwait(false);
            _completion.TrySetResult(reason);
        }
    }

    private async Task DrainAsync()
    {
        try
        {
            await Task.WhenAny(Output.DrainAsync(), _farewellSkipped.Task).WaitAsync(FlushTimeout, Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The peer does not read; it will not miss the farewell.
        }
    }
}

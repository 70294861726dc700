namespace DChat.Libp2p.Yamux;

/// <content>
/// Pings: one at the start to learn the round trip, then one an interval. Silence after one ends the session; any byte is
/// a sign of life, since on a slow link an answer may wait long behind data. A peer that sends and never answers lives.
/// </content>
internal sealed partial class YamuxSession
{
    private readonly Lock _pingGate = new();
    private ITimer? _pingTimer;
    private uint _pingId;
    private long _pingSent;
    private long _lastReceived;
    private bool _pingPending;
    private TimeSpan? _roundTripTime;

    /// <inheritdoc/>
    public TimeSpan? RoundTripTime { get { lock (_pingGate) { return _roundTripTime; } } }

    private void StartKeepAlive()
    {
        lock (_pingGate)
        {
            _pingTimer = Time.CreateTimer(static state => ((YamuxSession)state!).OnPingTimer(), this, Options.KeepAliveTimeout, Timeout.InfiniteTimeSpan);
            SendPing();
        }
    }

    private void StopKeepAlive()
    {
        lock (_pingGate)
        {
            _pingTimer?.Dispose();
        }
    }

    /// <summary>Bytes came in: whoever sends them lives.</summary>
    private void OnReceived() => Volatile.Write(ref _lastReceived, Time.GetTimestamp());

    private void OnPingTimer()
    {
        lock (_pingGate)
        {
            if (_pingPending)
            {
                var silence = Time.GetElapsedTime(Math.Max(_pingSent, Volatile.Read(ref _lastReceived)));
                if (silence < Options.KeepAliveTimeout)
                {
                    _pingTimer?.Change(Options.KeepAliveTimeout - silence, Timeout.InfiniteTimeSpan);
                    return;
                }
            }
            else
            {
                SendPing();
                return;
            }
        }

        Terminate(
            new Libp2pException(Libp2pErrorCodes.TimedOut, $"The peer was silent for {Options.KeepAliveTimeout} after a ping.", isTransient: true), goAway: null);
    }

    private void SendPing()
    {
        _pingId++;
        _pingSent = Time.GetTimestamp();
        _pingPending = true;
        _pingTimer?.Change(Options.KeepAliveTimeout, Timeout.InfiniteTimeSpan);
        Output.WriteControl(new YamuxHeader(YamuxType.Ping, YamuxFlags.Syn, 0, _pingId));
    }

    private void OnPing(in YamuxHeader header)
    {
        if (header.Has(YamuxFlags.Syn))
        {
            SendAnswer(YamuxType.Ping, YamuxFlags.Ack, 0, header.Length);
            return;
        }

        lock (_pingGate)
        {
            // An answer nobody waits for is harmless.
            if (_pingPending && header.Length == _pingId && header.Has(YamuxFlags.Ack))
            {
                _pingPending = false;
                _roundTripTime = Time.GetElapsedTime(_pingSent);
                _pingTimer?.Change(Options.KeepAliveInterval, Timeout.InfiniteTimeSpan);
            }
        }
    }
}

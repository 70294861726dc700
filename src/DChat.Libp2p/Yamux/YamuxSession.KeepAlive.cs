namespace DChat.Libp2p.Yamux;

/// <content>
/// Pings: one at the start to learn the round trip, then one an interval. One that goes unanswered ends the session.
/// </content>
internal sealed partial class YamuxSession
{
    private readonly Lock _pingGate = new();
    private ITimer? _pingTimer;
    private uint _pingId;
    private long _pingSent;
    private bool _pingPending;
    private TimeSpan? _roundTripTime;

    /// <inheritdoc/>
    public TimeSpan? RoundTripTime { get { lock (_pingGate) { return _roundTripTime; } } }

    private void StartKeepAlive()
    {
        lock (_pingGate)
        {
            _pingTimer = Time.CreateTimer(static state => ((YamuxSession)state!).OnPingTimer(), this, Options.KeepAliveTimeout, Timeout.InfiniteTimeSpan);
        }

        SendPing();
    }

    private void StopKeepAlive()
    {
        lock (_pingGate)
        {
            _pingTimer?.Dispose();
        }
    }

    private void OnPingTimer()
    {
        bool unanswered;
        lock (_pingGate)
        {
            unanswered = _pingPending;
            if (!unanswered)
            {
                _pingTimer?.Change(Options.KeepAliveTimeout, Timeout.InfiniteTimeSpan);
            }
        }

        if (unanswered)
        {
            Terminate(
                new Libp2pException(Libp2pErrorCodes.TimedOut, $"The peer did not answer a ping within {Options.KeepAliveTimeout}.", isTransient: true), goAway: null);
        }
        else
        {
            SendPing();
        }
    }

    private void SendPing()
    {
        uint id;
        lock (_pingGate)
        {
            id = ++_pingId;
            _pingSent = Time.GetTimestamp();
            _pingPending = true;
        }

        Output.WriteControl(new YamuxHeader(YamuxType.Ping, YamuxFlags.Syn, 0, id));
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

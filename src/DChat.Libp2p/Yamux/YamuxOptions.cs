namespace DChat.Libp2p.Yamux;

/// <summary>Limits and times of one multiplexed connection.</summary>
public sealed class YamuxOptions
{
    /// <summary>The receive window every stream starts with, in bytes; the specification fixes it.</summary>
    public const int InitialWindow = 256 * 1024;

    /// <summary>Bytes that js-libp2p holds unread before it resets the stream.</summary>
    public const int JsUnreadLimit = 4 * 1024 * 1024;

    /// <summary>Streams the peer may have open at once; one more is reset. Default 1000, at least 1.</summary>
    public int MaxInboundStreams { get; set; } = 1000;

    /// <summary>Streams this side may have open at once; opening one more fails. Default 1000, at least 1.</summary>
    public int MaxOutboundStreams { get; set; } = 1000;

    /// <summary>
    /// Streams the peer may have opened that this side has not accepted yet, and streams this side opens before it
    /// waits for the peer to accept. Default 256, as the specification recommends; at least 1.
    /// </summary>
    public int AcceptBacklog { get; set; } = 256;

    /// <summary>
    /// The most bytes of one stream's receive window. It grows from <see cref="InitialWindow"/> while the application
    /// reads as fast as the network delivers. Default 16 MiB; at least <see cref="InitialWindow"/>.
    /// </summary>
    public int MaxWindow { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// Bytes that all windows of a connection together may grow beyond <see cref="InitialWindow"/>: what a peer can
    /// make this side hold. Default 64 MiB; at least 0.
    /// </summary>
    public int MaxWindowGrowth { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// The most bytes sent on a stream to js-libp2p before it opens the window again. js resets a stream that holds more
    /// than <see cref="JsUnreadLimit"/> unread, yet grants windows up to 16 MiB: a reader that pauses would lose the
    /// stream. With the default it holds 3 MiB at most, whatever was on its way when it paused and however its window has
    /// grown. For peers whose identify says they are js; other implementations open a window only when half of it was
    /// read, so less than that would stop them for ever. Default 512 KiB; <see cref="InitialWindow"/> to
    /// <see cref="JsUnreadLimit"/>.
    /// </summary>
    public int MaxSendAheadOfJs { get; set; } = 512 * 1024;

    /// <summary>Time between pings that keep the connection alive. Default 30 s; above zero.</summary>
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time a peer may be silent after a ping before the connection is given up. Whatever it sends counts, once a whole
    /// Noise message of it is there; the answer need not be among it. Default 30 s; above zero.
    /// </summary>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time the peer has to end its half of a stream that this side is done with, before it is reset. Default 60 s;
    /// above zero.
    /// </summary>
    public TimeSpan StreamCloseTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The names of options out of range, with the range; empty when all is well.</summary>
    internal IEnumerable<string> Validate()
    {
        if (MaxInboundStreams < 1)
        {
            yield return $"{nameof(MaxInboundStreams)} must be at least 1.";
        }

        if (MaxOutboundStreams < 1)
        {
            yield return $"{nameof(MaxOutboundStreams)} must be at least 1.";
        }

        if (AcceptBacklog < 1)
        {
            yield return $"{nameof(AcceptBacklog)} must be at least 1.";
        }

        if (MaxWindow < InitialWindow)
        {
            yield return $"{nameof(MaxWindow)} must be at least {InitialWindow}.";
        }

        if (MaxWindowGrowth < 0)
        {
            yield return $"{nameof(MaxWindowGrowth)} must be at least 0.";
        }

        if (MaxSendAheadOfJs is < InitialWindow or > JsUnreadLimit)
        {
            yield return $"{nameof(MaxSendAheadOfJs)} must be {InitialWindow} to {JsUnreadLimit}.";
        }

        if (KeepAliveInterval <= TimeSpan.Zero || KeepAliveTimeout <= TimeSpan.Zero || StreamCloseTimeout <= TimeSpan.Zero)
        {
            yield return $"{nameof(KeepAliveInterval)}, {nameof(KeepAliveTimeout)} and {nameof(StreamCloseTimeout)} must be above zero.";
        }
    }
}

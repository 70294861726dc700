namespace DChat.Libp2p.Transports;

/// <summary>
/// Many streams over one secured connection: what stands below a <c>PeerConnection</c>. Yamux over Noise is one; a
/// transport that secures and multiplexes by itself, such as QUIC, brings another.
/// </summary>
public interface IMuxedConnection
{
    /// <summary>Whether a stream may be opened: false from the moment that either side is ending the connection, or no stream id is left.</summary>
    bool CanOpen { get; }

    /// <summary>Streams open in either direction.</summary>
    int StreamCount { get; }

    /// <summary>The last measured round trip; null before the first.</summary>
    TimeSpan? RoundTripTime { get; }

    /// <summary>Completes, with the reason, when the connection has ended, is released and nothing of it runs any more. Never faults.</summary>
    Task<Exception> Completion { get; }

    /// <summary>Sets the connection going; before, no stream comes in. Does nothing when the connection was closed before.</summary>
    void Start();

    /// <summary>
    /// What its streams may take from now on; before <see cref="Start"/> and before the first stream. One that ignores it, as by
    /// default, is bounded by its own limits alone: the host counts neither its streams nor their memory.
    /// </summary>
    void LimitBy(IStreamBudget budget)
    {
    }

    /// <summary>Opens a stream. It may be written to at once.</summary>
    /// <exception cref="Libp2pException">
    /// The connection has ended or is ending (<see cref="Libp2pErrorCodes.ConnectionClosed"/>), or a limit is reached
    /// (<see cref="Libp2pErrorCodes.LimitReached"/>).
    /// </exception>
    ValueTask<IMuxedStream> OpenStreamAsync(CancellationToken cancellationToken = default);

    /// <summary>The next stream the peer opened; null once the connection has ended.</summary>
    ValueTask<IMuxedStream?> AcceptStreamAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// From now on streams send little ahead of what the peer has read, for a peer that grants more than it can hold. Does
    /// nothing where windows can be believed.
    /// </summary>
    void LimitSendAhead();

    /// <summary>Resets half of the streams that the peer opened, the newest, to make room for others; how many.</summary>
    int ShedStreams() => 0;

    /// <summary>Resets the streams for which memory was taken, to make room for others.</summary>
    void ShedMemory()
    {
    }

    /// <summary>A <see cref="CloseAsync"/> that is under way, or comes, waits no longer for what it tells the peer.</summary>
    void SkipFarewell()
    {
    }

    /// <summary>Tells the peer, ends every stream and waits for <see cref="Completion"/>.</summary>
    Task CloseAsync();
}

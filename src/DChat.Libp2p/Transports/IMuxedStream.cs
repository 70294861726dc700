using System.IO.Pipelines;

namespace DChat.Libp2p.Transports;

/// <summary>
/// One stream of an <see cref="IMuxedConnection"/>: two halves that end on their own. Flushing waits while the peer's
/// window is full. Completing the output with an exception resets the stream.
/// </summary>
public interface IMuxedStream : IDuplexPipe
{
    /// <summary>Its number on its connection; of two that one side opened, the newer has the higher.</summary>
    long Id { get; }

    /// <summary>Whether this side opened it.</summary>
    bool IsOutbound { get; }

    /// <summary>Completes when both halves have ended, in whatever way. Never faults.</summary>
    Task Completion { get; }

    /// <summary>The sending half is not ended before this has completed; data does not wait for it. It must not fault. Completed unless set.</summary>
    Task EndAfter { get; set; }

    /// <summary>Runs <paramref name="action"/>, once, before <see cref="Completion"/> completes; at once when it has.</summary>
    void OnFinished(Action action);

    /// <summary>
    /// Keeps the stream counted after its end, for whoever serves it, until <see cref="ReleasePlace"/>; false when it no longer is.
    /// What it holds unread is counted as long. True where streams are not counted, as by default.
    /// </summary>
    bool TryHoldPlace() => true;

    /// <summary>Gives back what <see cref="TryHoldPlace"/> has kept; nobody reads the stream any more.</summary>
    void ReleasePlace()
    {
    }

    /// <summary>Sends what is written and ends the sending half. The other half stays open.</summary>
    /// <exception cref="Libp2pException">The stream or its connection has ended.</exception>
    ValueTask CloseWriteAsync(CancellationToken cancellationToken = default);

    /// <summary>As <see cref="CloseWriteAsync"/>; resets the stream when the peer does not take what is written in time. Never throws.</summary>
    ValueTask FinishWritingAsync();

    /// <summary>Ends both halves at once, and tells the peer. What is on its way may be lost.</summary>
    void Reset();

    /// <summary>
    /// As <see cref="Reset()"/>; this side's readers and writers see <paramref name="reason"/>, and the peer is told its kind
    /// where the multiplexer can: that a limit is reached, above all.
    /// </summary>
    void Reset(Libp2pException reason);
}

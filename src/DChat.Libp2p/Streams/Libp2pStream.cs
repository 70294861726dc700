using System.IO.Pipelines;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Streams;

/// <summary>
/// A stream to a peer that speaks one protocol. Both halves end on their own: <see cref="CloseWriteAsync"/> ends ours,
/// the peer ends the other, <see cref="Reset"/> ends both at once.
/// </summary>
/// <remarks>
/// Flushing waits while the peer's window is full, so a peer that does not read slows its writer down and nobody else.
/// Reading from a stream that was reset throws <see cref="Libp2pException"/> with <see cref="Libp2pErrorCodes.StreamReset"/>.
/// </remarks>
public sealed class Libp2pStream : IDuplexPipe, IAsyncDisposable
{
    private readonly IMuxedStream _stream;

    /// <summary>A stream whose protocol is agreed on. A host makes its own; this is for hosts of another kind, such as stubs in tests.</summary>
    /// <param name="stream">The stream as it is multiplexed.</param>
    /// <param name="connection">The connection that carries it.</param>
    /// <param name="protocol">What is spoken.</param>
    public Libp2pStream(IMuxedStream stream, PeerConnection connection, string protocol)
        : this(stream, connection, protocol, (stream ?? throw new ArgumentNullException(nameof(stream))).Input)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentException.ThrowIfNullOrEmpty(protocol);
    }

    internal Libp2pStream(IMuxedStream stream, PeerConnection connection, string protocol, PipeReader input)
    {
        _stream = stream;
        Connection = connection;
        Protocol = protocol;
        Input = input;
    }

    /// <summary>What is spoken, such as <c>/ipfs/ping/1.0.0</c>.</summary>
    public string Protocol { get; }

    /// <summary>Its number on its connection; of two that one side opened, the newer has the higher.</summary>
    internal long Id => _stream.Id;

    /// <summary>The connection that carries the stream.</summary>
    public PeerConnection Connection { get; }

    /// <summary>The peer at the other end.</summary>
    public PeerId RemotePeer => Connection.RemotePeer;

    /// <summary>Who opened the stream.</summary>
    public Direction Direction => _stream.IsOutbound ? Direction.Outbound : Direction.Inbound;

    /// <summary>What the peer sends.</summary>
    public PipeReader Input { get; }

    /// <summary>What the peer will read. Completing it closes the writing half; completing it with an exception resets the stream.</summary>
    public PipeWriter Output => _stream.Output;

    /// <summary>Completes when both halves have ended, in whatever way.</summary>
    public Task Completion => _stream.Completion;

    /// <summary>Sends what is written and ends the writing half. Reading goes on.</summary>
    /// <exception cref="Libp2pException">The stream or its connection has ended.</exception>
    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => _stream.CloseWriteAsync(cancellationToken);

    /// <summary>Ends both halves at once. What is on its way may be lost.</summary>
    public void Reset() => _stream.Reset();

    /// <summary>
    /// The stream for code that takes a <see cref="Stream"/>: asynchronous only. Disposing it disposes this stream. Use it or
    /// <see cref="Input"/> and <see cref="Output"/>, not both at once.
    /// </summary>
    public Stream AsStream() => new PipeStream(this, DisposeAsync);

    /// <summary>Sends what is written and ends both halves; what still arrives is dropped. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stream.FinishWritingAsync().ConfigureAwait(false);

        // Not the stream's own input: a negotiation may still be reading that.
        await Input.CompleteAsync().ConfigureAwait(false);
    }
}

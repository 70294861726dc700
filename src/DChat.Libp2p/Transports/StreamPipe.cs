using System.IO.Pipelines;

namespace DChat.Libp2p.Transports;

/// <summary>A stream as a pair of pipes that hold no buffer while nothing moves. Completing either disposes the stream.</summary>
internal sealed class StreamPipe(Stream stream) : IDuplexPipe
{
    /// <summary>Bytes asked for in one read: four full Noise messages, as many as a busy peer sends at once, so most lie in one segment.</summary>
    private const int ReadBufferLength = 256 * 1024;

    public PipeReader Input { get; } = PipeReader.Create(
        stream, new StreamPipeReaderOptions(bufferSize: ReadBufferLength, minimumReadSize: 4096, useZeroByteReads: true));

    public PipeWriter Output { get; } = PipeWriter.Create(stream);
}

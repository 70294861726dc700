using System.IO.Pipelines;

namespace DChat.Libp2p.Transports;

/// <summary>A stream as a pair of pipes that hold no buffer while nothing moves. Completing either disposes the stream.</summary>
internal sealed class StreamPipe(Stream stream) : IDuplexPipe
{
    public PipeReader Input { get; } = new StreamPipeReader(stream);

    public PipeWriter Output { get; } = PipeWriter.Create(stream);
}

using System.Buffers;
using System.IO.Pipelines;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>A connection whose peer has sent all that it will, and takes whatever it is sent.</summary>
internal sealed class OneWay(ReadOnlyMemory<byte> input, Stream? output = null) : IDuplexPipe, IAsyncDisposable
{
    public PipeReader Input { get; } = PipeReader.Create(new ReadOnlySequence<byte>(input));

    public PipeWriter Output { get; } = PipeWriter.Create(output ?? Stream.Null, new StreamPipeWriterOptions(leaveOpen: true));

    public ValueTask DisposeAsync() => default;
}

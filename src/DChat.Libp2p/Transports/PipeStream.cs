using System.Buffers;
using System.IO.Pipelines;

namespace DChat.Libp2p.Transports;

/// <summary>A pair of pipes as a stream, for what only takes streams. What was read ahead of it into the pipe is not lost.</summary>
internal sealed class PipeStream(IDuplexPipe pipe) : DuplexStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await pipe.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
        var taken = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, buffer.Length));
        taken.CopyTo(buffer.Span);

        // A read of nothing waits until there is something and leaves it there.
        pipe.Input.AdvanceTo(taken.End, taken.End);
        return (int)taken.Length;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await pipe.Output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
}

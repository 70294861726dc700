using System.Buffers;
using System.IO.Pipelines;

namespace DChat.Libp2p.Transports;

/// <summary>A pair of pipes as a stream, for what only takes streams. What was read ahead of it into the pipe is not lost.</summary>
/// <param name="pipe">The pipes.</param>
/// <param name="disposeAsync">Ends them when the stream is disposed; they stay open when null.</param>
internal sealed class PipeStream(IDuplexPipe pipe, Func<ValueTask>? disposeAsync = null) : DuplexStream
{
    private Func<ValueTask>? _disposeAsync = disposeAsync;

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

    public override async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends in the background what <see cref="DisposeAsync"/> waits for.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _ = EndAsync().AsTask();
        }

        base.Dispose(disposing);
    }

    private ValueTask EndAsync() => Interlocked.Exchange(ref _disposeAsync, null)?.Invoke() ?? default;
}

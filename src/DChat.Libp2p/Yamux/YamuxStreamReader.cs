using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace DChat.Libp2p.Yamux;

/// <summary>
/// The reading half: a pipe's reader that tells the stream what was examined. Examined and not consumed, because a
/// reader that keeps everything and wants more needs it to go on, as with a message longer than the window; how much it
/// keeps is then its own limit.
/// </summary>
internal sealed class YamuxStreamReader(YamuxStream stream, PipeReader inner) : PipeReader
{
    private ReadOnlySequence<byte> _lastRead;

    // Bytes at the front that the stream knows of already.
    private long _examined;

    public override bool TryRead(out ReadResult result)
    {
        var read = inner.TryRead(out result);
        _lastRead = result.Buffer;
        return read;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var reading = inner.ReadAsync(cancellationToken);
        if (!reading.IsCompletedSuccessfully)
        {
            return AwaitAsync(reading);
        }

        var result = reading.Result;
        _lastRead = result.Buffer;
        return new ValueTask<ReadResult>(result);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var (used, seen) = _lastRead.IsEmpty ? (0, 0) : (LengthTo(consumed), LengthTo(examined));
        _lastRead = default;
        inner.AdvanceTo(consumed, examined);
        var count = Math.Max(seen - _examined, 0);
        _examined += count - used;
        if (count > 0)
        {
            stream.OnExamined(count);
        }
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        inner.Complete(exception);
        stream.OnReaderDone();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> AwaitAsync(ValueTask<ReadResult> reading)
    {
        var result = await reading.ConfigureAwait(false);
        _lastRead = result.Buffer;
        return result;
    }

    private long LengthTo(SequencePosition position) =>
        position.Equals(_lastRead.End) ? _lastRead.Length : _lastRead.Slice(0, position).Length;
}

using System.Buffers;

namespace DChat.Libp2p.Yamux;

/// <summary>
/// Frames that leave together, behind each other in a rented buffer. Data joins the frame before it where it can: one that
/// opens or accepts the stream takes its first bytes along, and what is written in turn leaves as if written at once.
/// </summary>
internal sealed class YamuxBatch
{
    private const int SmallestBuffer = 1024;

    private byte[] _bytes = [];

    // The frame that ends the batch: what comes next for its stream may go into it. None when its start is negative.
    private YamuxHeader _last;
    private int _lastStart = -1;

    // As much as the last batch: a busy connection then never copies what is pending to a larger buffer.
    private int _expectedLength = SmallestBuffer;

    /// <summary>Bytes so far.</summary>
    internal int Length { get; private set; }

    /// <summary>Adds a frame.</summary>
    internal void Add(in YamuxHeader header, ReadOnlySpan<byte> payload)
    {
        if (CanJoinLast(header))
        {
            var start = Length;
            payload.CopyTo(Grow(payload.Length)[start..]);
            _last = _last with { Type = YamuxType.Data, Length = LengthBehindLast(header) };
            _last.Write(_bytes.AsSpan(_lastStart));
        }
        else
        {
            (_last, _lastStart) = (header, Length);
            var frame = Grow(YamuxHeader.Size + payload.Length)[_lastStart..];
            header.Write(frame);
            payload.CopyTo(frame[YamuxHeader.Size..]);
        }
    }

    /// <summary>Hands the bytes over, whose buffer goes to <see cref="Return"/> in the end, and begins anew.</summary>
    internal ReadOnlyMemory<byte> Take(out byte[] buffer)
    {
        buffer = _bytes;
        var taken = buffer.AsMemory(0, Length);
        _expectedLength = Math.Max(SmallestBuffer, Length);
        (_bytes, Length, _lastStart) = ([], 0, -1);
        return taken;
    }

    /// <summary>Drops everything.</summary>
    internal void Clear()
    {
        Take(out var buffer);
        Return(buffer);
    }

    internal static void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Never into a frame that ends the stream, since js would not see the data; nor into one that opens a window, whose length is that.</summary>
    private bool CanJoinLast(in YamuxHeader header) =>
        _lastStart >= 0
        && header is { Type: YamuxType.Data, Flags: YamuxFlags.None }
        && _last.StreamId == header.StreamId
        && !_last.Has(YamuxFlags.Fin | YamuxFlags.Rst)
        && (_last.Type == YamuxType.Data || _last.Length == 0)
        && LengthBehindLast(header) <= YamuxStream.MaxFrame;

    private uint LengthBehindLast(in YamuxHeader header) => _last.Length + header.Length;

    /// <summary>Makes room for more bytes at the end, and counts them.</summary>
    private Span<byte> Grow(int more)
    {
        if (Length + more > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Length + more, Math.Max(_expectedLength, 2 * _bytes.Length)));
            _bytes.AsSpan(0, Length).CopyTo(larger);
            Return(_bytes);
            _bytes = larger;
        }

        Length += more;
        return _bytes.AsSpan(0, Length);
    }
}

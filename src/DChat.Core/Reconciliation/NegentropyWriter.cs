namespace DChat.Core.Reconciliation;

/// <summary>Writes the ranges of a message, of which the last ones can be taken back. The buffer is used again for the next.</summary>
internal sealed class NegentropyWriter
{
    /// <summary>The version of the protocol that this is.</summary>
    public const byte Version = 0x61;

    private const int FirstCapacity = 1_024;
    private const int MaxBoundLength = Varint.MaxLength + 1 + Bytes32.Length;

    private byte[] _buffer = new byte[FirstCapacity];
    private ulong _timestamp;

    /// <summary>How long the message is so far, in bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Whether the last range that was written ends at infinity.</summary>
    public bool IsAtInfinity => _timestamp == ulong.MaxValue;

    /// <summary>The message; valid until the next is begun.</summary>
    public ReadOnlyMemory<byte> Message => _buffer.AsMemory(0, Length);

    /// <summary>Begins a message.</summary>
    public void Begin()
    {
        (_buffer[0], Length, _timestamp) = (Version, 1, 0);
    }

    /// <summary>Where the message stands, to go back to.</summary>
    public (int Length, ulong Timestamp) Mark() => (Length, _timestamp);

    /// <summary>Takes back what was written since.</summary>
    public void Return((int Length, ulong Timestamp) mark) => (Length, _timestamp) = mark;

    public void WriteSkip(in SetBound bound) => WriteHead(bound, NegentropyMode.Skip);

    public void WriteFingerprint(in SetBound bound, SetFingerprint fingerprint)
    {
        WriteHead(bound, NegentropyMode.Fingerprint);
        fingerprint.CopyTo(Reserve(SetFingerprint.Length));
        Length += SetFingerprint.Length;
    }

    /// <summary>Writes a range of ids, which follow by <see cref="WriteIds"/>.</summary>
    public void WriteIdList(in SetBound bound, int count)
    {
        WriteHead(bound, NegentropyMode.IdList);
        Length += Varint.Write(Reserve(Varint.MaxLength), (ulong)count);
    }

    public void WriteIds(ReadOnlySpan<SetItem> items)
    {
        var ids = Reserve(items.Length * Bytes32.Length);
        for (var i = 0; i < items.Length; i++)
        {
            items[i].Id.CopyTo(ids[(i * Bytes32.Length)..]);
        }

        Length += items.Length * Bytes32.Length;
    }

    private void WriteHead(in SetBound bound, NegentropyMode mode)
    {
        var space = Reserve(MaxBoundLength + 1);
        var length = Varint.Write(space, bound.IsInfinity ? 0 : bound.Item.Timestamp - _timestamp + 1);
        _timestamp = bound.Item.Timestamp;
        space[length++] = (byte)bound.PrefixLength;
        Span<byte> id = stackalloc byte[Bytes32.Length];
        bound.Item.Id.CopyTo(id);
        id[..bound.PrefixLength].CopyTo(space[length..]);
        length += bound.PrefixLength;
        space[length++] = (byte)mode;
        Length += length;
    }

    private Span<byte> Reserve(int length)
    {
        if (_buffer.Length - Length < length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(Math.Max(2L * _buffer.Length, (long)Length + length), Array.MaxLength));
        }

        return _buffer.AsSpan(Length);
    }
}

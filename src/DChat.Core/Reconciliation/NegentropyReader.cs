namespace DChat.Core.Reconciliation;

/// <summary>
/// Reads the ranges of a message. Every number is checked against what the message can hold before it is used; what does not follow
/// the protocol is <see cref="ReconciliationFaults.InvalidCode"/>.
/// </summary>
internal ref struct NegentropyReader(ReadOnlySpan<byte> message)
{
    private readonly int _length = message.Length;
    private ReadOnlySpan<byte> _rest = message;
    private SetItem _previous;

    /// <summary>Whether all is read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Reads the byte of the version.</summary>
    public byte ReadVersion()
    {
        if (_rest.IsEmpty)
        {
            ReconciliationFaults.ThrowInvalid("it is empty");
        }

        var version = _rest[0];
        _rest = _rest[1..];
        return version;
    }

    /// <summary>Reads the next range.</summary>
    public NegentropyRange ReadRange()
    {
        var bound = ReadBound();
        var mode = ReadVarint();
        var at = _length - _rest.Length;
        switch (mode)
        {
            case (ulong)NegentropyMode.Skip:
                return new NegentropyRange(bound, NegentropyMode.Skip, at, 0);
            case (ulong)NegentropyMode.Fingerprint:
                Take(SetFingerprint.Length);
                return new NegentropyRange(bound, NegentropyMode.Fingerprint, at, 0);
            case (ulong)NegentropyMode.IdList:
                var count = ReadVarint();
                if (count > (ulong)(_rest.Length / Bytes32.Length))
                {
                    ReconciliationFaults.ThrowInvalid("it has fewer ids than it says");
                }

                at = _length - _rest.Length;
                Take((int)count * Bytes32.Length);
                return new NegentropyRange(bound, NegentropyMode.IdList, at, (int)count);
            default:
                ReconciliationFaults.ThrowInvalid("a range has an unknown mode");
                return default;
        }
    }

    // 0 is infinity, else 1 + what is added to the timestamp before; what overflows is infinity, as in the C++ reference.
    private SetBound ReadBound()
    {
        var encoded = ReadVarint();
        var timestamp = encoded == 0 || encoded - 1 > ulong.MaxValue - _previous.Timestamp ? ulong.MaxValue : _previous.Timestamp + encoded - 1;
        var length = ReadVarint();
        if (length > Bytes32.Length)
        {
            ReconciliationFaults.ThrowInvalid("the id of a bound is longer than 32 bytes");
        }

        Span<byte> id = stackalloc byte[Bytes32.Length];
        id.Clear();
        Take((int)length).CopyTo(id);
        var item = new SetItem(timestamp, new Bytes32(id));
        if (item < _previous)
        {
            ReconciliationFaults.ThrowInvalid("its bounds descend");
        }

        _previous = item;
        return new SetBound(item, (int)length);
    }

    private ulong ReadVarint()
    {
        if (!Varint.TryRead(ref _rest, out var value))
        {
            ReconciliationFaults.ThrowInvalid("a number is cut off, too long or too large");
        }

        return value;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            ReconciliationFaults.ThrowInvalid("it is cut off");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}

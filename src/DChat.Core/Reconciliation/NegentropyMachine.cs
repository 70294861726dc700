namespace DChat.Core.Reconciliation;

/// <summary>
/// One side of negentropy v1 (hoytech/negentropy, docs/negentropy-protocol-v1.md), with three repairs against the reference: after a
/// frame limit what is left is told from the last bound that was sent, not from the end of what was dropped; an empty rest is told by
/// an empty list, never by a fingerprint; and the fingerprint of nothing never passes for equal. The first keeps our side from
/// leaving a range out, the others a peer that has not repaired its own.
/// </summary>
internal sealed class NegentropyMachine
{
    private const int Buckets = FingerprintBatch.Capacity;

    /// <summary>A range with fewer items is sent as ids.</summary>
    private const int MinToSplit = 2 * Buckets;

    /// <summary>What a frame keeps free for a skip, a cut list's head and the rest, in bytes.</summary>
    private const int FrameReserve = 200;

    private readonly ISortedSet _set;
    private readonly NegentropyOptions _options;
    private readonly NegentropyWriter _out = new();
    private readonly FingerprintBatch _theirs = new();
    private readonly FingerprintBatch _splits = new();
    private readonly NegentropyRange[] _ranges = new NegentropyRange[FingerprintBatch.Capacity];
    private readonly int[] _uppers = new int[FingerprintBatch.Capacity];
    private readonly SetItem[] _items = new SetItem[2 * MinToSplit];
    private readonly SetBound[] _bounds = new SetBound[Buckets];
    private readonly DifferenceFilter? _differences;

    private SetBound _lastBound;
    private bool _isSkipping;

    /// <param name="set">The set.</param>
    /// <param name="options">How to go about it.</param>
    /// <param name="differences">What an initiator finds; null for a responder, who finds nothing.</param>
    public NegentropyMachine(ISortedSet set, NegentropyOptions options, DifferenceFilter? differences)
    {
        (_set, _options, _differences) = (set, options, differences);
    }

    /// <summary>The first message of a session.</summary>
    public ReadOnlyMemory<byte> Initiate()
    {
        _out.Begin();
        Split(0, _set.Count, SetBound.Infinity);
        return _out.Message;
    }

    /// <summary>The answer to a message. One of a single byte says that there is nothing more to say.</summary>
    /// <exception cref="DChatException">The message cannot be read, or goes beyond a limit.</exception>
    public ReadOnlyMemory<byte> Answer(ReadOnlySpan<byte> message)
    {
        var reader = new NegentropyReader(message);
        _out.Begin();
        if (!CheckVersion(reader.ReadVersion()))
        {
            return _out.Message;
        }

        (_lastBound, _isSkipping) = (default, false);
        var lower = 0;
        while (!reader.IsAtEnd)
        {
            // As many ranges at once as can be hashed at once.
            var count = ReadRanges(ref reader, lower);
            for (int i = 0, fingerprint = 0; i < count; i++)
            {
                var range = _ranges[i];
                var mine = range.Mode == NegentropyMode.Fingerprint ? _theirs[fingerprint++] : default;
                if (!Answer(message, range, lower, _uppers[i], mine))
                {
                    return _out.Message;
                }

                CheckLength(_out.Length);
                (lower, _lastBound) = (_uppers[i], range.Bound);
            }
        }

        return _out.Message;
    }

    private bool CheckVersion(byte version)
    {
        if (version is < 0x60 or > 0x6F)
        {
            ReconciliationFaults.ThrowInvalid("it does not begin with a version");
        }

        if (version != NegentropyWriter.Version && _differences is not null)
        {
            ReconciliationFaults.ThrowVersion(version - 0x60);
        }

        return version == NegentropyWriter.Version;
    }

    private int ReadRanges(ref NegentropyReader reader, int lower)
    {
        var count = 0;
        _theirs.Clear();
        while (count < _ranges.Length && !reader.IsAtEnd)
        {
            var range = reader.ReadRange();
            var upper = range.Bound.IsInfinity ? _set.Count : _set.LowerBound(range.Bound.Item);
            if (range.Mode == NegentropyMode.Fingerprint)
            {
                _theirs.Add(_set.SumOf(lower, upper), upper - lower);
            }

            (_ranges[count], _uppers[count]) = (range, upper);
            lower = upper;
            count++;
        }

        _theirs.Compute();
        return count;
    }

    /// <summary>Answers a range; false when the frame is full.</summary>
    private bool Answer(ReadOnlySpan<byte> message, in NegentropyRange range, int lower, int upper, SetFingerprint mine)
    {
        switch (range.Mode)
        {
            case NegentropyMode.Fingerprint:
                var theirs = new SetFingerprint(message.Slice(range.PayloadAt, SetFingerprint.Length));
                if (mine == theirs && (upper > lower || _options.ReferenceBytes))
                {
                    _isSkipping = true;
                    return true;
                }

                return AnswerSplit(range.Bound, lower, upper);
            case NegentropyMode.IdList when _differences is not null:
                _differences.Compare(_set, lower, upper, message.Slice(range.PayloadAt, range.Ids * Bytes32.Length));
                _isSkipping = true;
                return true;
            case NegentropyMode.IdList:
                return AnswerIds(range.Bound, lower, upper);
            default:
                _isSkipping = true;
                return true;
        }
    }

    private bool AnswerSplit(in SetBound bound, int lower, int upper)
    {
        var mark = _out.Mark();
        var wasSkipping = _isSkipping;
        EndSkip();
        Split(lower, upper, bound);
        if (!IsFull(_out.Length))
        {
            return true;
        }

        _out.Return(mark);
        if (_options.ReferenceBytes)
        {
            WriteRest(upper);
        }
        else
        {
            _isSkipping = wasSkipping;
            EndSkip();
            WriteRest(lower);
        }

        return false;
    }

    private bool AnswerIds(SetBound bound, int lower, int upper)
    {
        var count = upper - lower;
        if (_options.FrameLimit > 0)
        {
            var room = _options.FrameLimit - FrameReserve - _out.Length;
            count = Math.Min(count, room < 0 ? 0 : (room / Bytes32.Length) + 1);
        }

        EndSkip();
        var end = lower + count;
        if (end < upper)
        {
            _set.CopyTo(end, _items.AsSpan(0, 1));
            bound = SetBound.Before(_items[0]);
        }

        WriteIds(bound, lower, end);
        if (!IsFull(_out.Length))
        {
            return true;
        }

        WriteRest(end);
        return false;
    }

    private void EndSkip()
    {
        if (_isSkipping)
        {
            _isSkipping = false;
            _out.WriteSkip(_lastBound);
        }
    }

    private bool IsFull(int length) => _options.FrameLimit > 0 && length > _options.FrameLimit - FrameReserve;

    /// <summary>Ends a full frame with what follows, to be asked for again.</summary>
    private void WriteRest(int start)
    {
        var count = _set.Count - start;
        if (_options.ReferenceBytes || count > 0)
        {
            _out.WriteFingerprint(SetBound.Infinity, SetFingerprint.Of(_set.SumOf(start, _set.Count), (ulong)count));
        }
        else if (!_out.IsAtInfinity)
        {
            _out.WriteIdList(SetBound.Infinity, 0);
        }
    }

    private void Split(int lower, int upper, in SetBound bound)
    {
        var count = upper - lower;
        if (count < MinToSplit)
        {
            WriteIds(bound, lower, upper);
            return;
        }

        _splits.Clear();
        var at = lower;
        for (var i = 0; i < Buckets; i++)
        {
            var next = at + (count / Buckets) + (i < count % Buckets ? 1 : 0);
            _splits.Add(_set.SumOf(at, next), next - at);
            _bounds[i] = bound;
            if (i < Buckets - 1)
            {
                _set.CopyTo(next - 1, _items.AsSpan(0, 2));
                _bounds[i] = SetBound.Between(_items[0], _items[1]);
            }

            at = next;
        }

        _splits.Compute();
        for (var i = 0; i < Buckets; i++)
        {
            _out.WriteFingerprint(_bounds[i], _splits[i]);
        }
    }

    private void WriteIds(in SetBound bound, int start, int end)
    {
        CheckLength(_out.Length + ((long)(end - start) * Bytes32.Length));
        _out.WriteIdList(bound, end - start);
        while (start < end)
        {
            var items = _items.AsSpan(0, Math.Min(_items.Length, end - start));
            _set.CopyTo(start, items);
            _out.WriteIds(items);
            start += items.Length;
        }
    }

    private void CheckLength(long length)
    {
        if (length > _options.MaxBytes)
        {
            ReconciliationFaults.ThrowLimit($"{_options.MaxBytes} bytes");
        }
    }
}

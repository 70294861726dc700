namespace DChat.Testing.Simulation;

/// <summary>
/// The content of a file as programs see it and as the disk holds it. What was not synced may or may not have reached the
/// disk, sector by sector.
/// </summary>
internal sealed class SimulatedFile
{
    public const int SectorLength = 512;

    private readonly SortedSet<int> _dirty = [];
    private byte[] _durable = [];
    private byte[] _seen = [];
    private int _length;
    private int? _pendingCut;

    public int Length => _length;

    public byte[] Content => _seen[.._length];

    /// <summary>What a power loss would leave for sure.</summary>
    public ReadOnlySpan<byte> Durable => _durable;

    public static SimulatedFile Of(byte[] content) => new() { _seen = [.. content], _durable = [.. content], _length = content.Length };

    /// <summary>The same file on a copy of the disk.</summary>
    public SimulatedFile Clone()
    {
        var clone = new SimulatedFile { _seen = [.. _seen], _durable = [.. _durable], _length = _length, _pendingCut = _pendingCut };
        clone._dirty.UnionWith(_dirty);
        return clone;
    }

    public int Read(Span<byte> destination, long offset)
    {
        var count = (int)Math.Clamp(_length - offset, 0, destination.Length);
        _seen.AsSpan((int)Math.Min(offset, _length), count).CopyTo(destination);
        return count;
    }

    public void Write(ReadOnlySpan<byte> source, int offset)
    {
        ApplyCut();
        var end = offset + source.Length;
        if (end > _seen.Length)
        {
            Array.Resize(ref _seen, Math.Max(end, 2 * _seen.Length));
        }

        source.CopyTo(_seen.AsSpan(offset));
        MarkDirty(Math.Min(offset, _length), end);
        _length = Math.Max(_length, end);
    }

    public void SetLength(int length)
    {
        if (length > _length)
        {
            Write(new byte[length - _length], _length);
        }
        else if (length < _length)
        {
            _seen.AsSpan(length, _length - length).Clear();
            _length = length;
            _pendingCut = Math.Min(_pendingCut ?? length, length);
            _dirty.RemoveWhere(sector => sector * SectorLength >= length);
        }
    }

    public void Sync()
    {
        ApplyCut();
        Array.Resize(ref _durable, _length);
        foreach (var sector in _dirty)
        {
            Persist(_durable, sector);
        }

        _dirty.Clear();
    }

    /// <summary>What Linux does after a failed sync: the pages count as clean, and no later sync writes them.</summary>
    public void FailSync() => _dirty.Clear();

    /// <summary>What is there after the power was lost.</summary>
    /// <param name="survives">Decides for each thing that was not synced whether it reached the disk.</param>
    public byte[] AfterPowerLoss(Func<bool> survives)
    {
        if (_pendingCut is not null && survives())
        {
            ApplyCut();
        }

        var (durable, isLonger) = (_durable, _length > _durable.Length && survives());
        if (isLonger)
        {
            Array.Resize(ref durable, _length);
        }
        else
        {
            durable = [.. durable];
        }

        foreach (var sector in _dirty.Where(sector => sector * SectorLength < durable.Length && survives()))
        {
            Persist(durable, sector);
        }

        return durable;
    }

    private void Persist(byte[] durable, int sector)
    {
        var start = sector * SectorLength;
        var count = Math.Min(SectorLength, Math.Min(_length, durable.Length) - start);
        if (count > 0)
        {
            _seen.AsSpan(start, count).CopyTo(durable.AsSpan(start));
        }
    }

    private void MarkDirty(int start, int end)
    {
        for (var sector = start / SectorLength; sector * SectorLength < end; sector++)
        {
            _dirty.Add(sector);
        }
    }

    // A journalling file system writes nothing where it cut before the cut itself is durable.
    private void ApplyCut()
    {
        if (_pendingCut is { } cut)
        {
            Array.Resize(ref _durable, Math.Min(cut, _durable.Length));
            _pendingCut = null;
        }
    }
}

namespace DChat.Core.Envelopes;

/// <summary>Envelopes packed back to back, never re-encoded: the unit in which messages move between processes.</summary>
public sealed class EnvelopeBatch
{
    /// <summary>The most messages in one batch.</summary>
    public const int MaxCount = 256;

    /// <summary>The most envelope bytes in one batch.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>A batch of nothing.</summary>
    public static EnvelopeBatch Empty { get; } = new([], []);

    /// <summary>Wraps packed bytes without copying them; the caller must not change them afterwards.</summary>
    /// <exception cref="ArgumentException">A length is not positive, or the lengths do not add up to the bytes.</exception>
    public EnvelopeBatch(byte[] bytes, int[] lengths)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentNullException.ThrowIfNull(lengths);
        long total = 0;
        foreach (var length in lengths)
        {
            total += length > 0 ? length : throw new ArgumentException("An envelope length is not positive.", nameof(lengths));
        }

        if (total != bytes.Length)
        {
            throw new ArgumentException($"The lengths add up to {total} bytes, but there are {bytes.Length}.", nameof(lengths));
        }

        Bytes = bytes;
        Lengths = lengths;
    }

    /// <summary>The envelope bytes back to back.</summary>
    public byte[] Bytes { get; }

    /// <summary>The length of each envelope.</summary>
    public int[] Lengths { get; }

    /// <summary>How many envelopes.</summary>
    public int Count => Lengths.Length;

    /// <summary>Each envelope in order.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Envelopes
    {
        get
        {
            var offset = 0;
            foreach (var length in Lengths)
            {
                yield return Bytes.AsMemory(offset, length);
                offset += length;
            }
        }
    }

    /// <summary>Packs envelopes, copying them.</summary>
    public static EnvelopeBatch Pack(IReadOnlyList<ReadOnlyMemory<byte>> envelopes)
    {
        ArgumentNullException.ThrowIfNull(envelopes);
        var lengths = new int[envelopes.Count];
        var total = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            total += lengths[i] = envelopes[i].Length;
        }

        var bytes = new byte[total];
        var offset = 0;
        foreach (var envelope in envelopes)
        {
            envelope.Span.CopyTo(bytes.AsSpan(offset));
            offset += envelope.Length;
        }

        return new EnvelopeBatch(bytes, lengths);
    }

    /// <summary>The envelopes at the given places, which must ascend; this batch itself when that is all of it.</summary>
    public EnvelopeBatch Select(IReadOnlyList<int> places)
    {
        ArgumentNullException.ThrowIfNull(places);
        if (places.Count == Count)
        {
            return this;
        }

        var lengths = new int[places.Count];
        var total = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            total += lengths[i] = Lengths[places[i]];
        }

        var bytes = new byte[total];
        int source = 0, target = 0, next = 0;
        for (var i = 0; next < places.Count; i++)
        {
            if (places[next] == i)
            {
                Bytes.AsSpan(source, Lengths[i]).CopyTo(bytes.AsSpan(target));
                target += Lengths[i];
                next++;
            }

            source += Lengths[i];
        }

        return new EnvelopeBatch(bytes, lengths);
    }

    /// <summary>The envelopes of several batches in order; the batch itself when there is one.</summary>
    public static EnvelopeBatch Join(IReadOnlyList<EnvelopeBatch> batches)
    {
        ArgumentNullException.ThrowIfNull(batches);
        if (batches.Count == 1)
        {
            return batches[0];
        }

        var bytes = new byte[batches.Sum(batch => batch.Bytes.Length)];
        var offset = 0;
        foreach (var batch in batches)
        {
            batch.Bytes.CopyTo(bytes, offset);
            offset += batch.Bytes.Length;
        }

        return new EnvelopeBatch(bytes, [.. batches.SelectMany(batch => batch.Lengths)]);
    }
}

using System.Buffers;
using System.Collections.Immutable;
using DChat.Core.Shards;
using DChat.Core.Wire;

namespace DChat.Storage.Segments;

/// <summary>
/// Reads the envelopes of sealed messages, neighbours in one go, and checks each. Messages come in the order of sequences, which is nearly
/// that of the segment.
/// </summary>
internal sealed class EnvelopeRuns
{
    private readonly IReadOnlyList<StoredMessage> _messages;

    // Which message, where its envelope goes, in the order of places.
    private readonly (int At, int Offset)[] _places;
    private readonly byte[] _envelopes;

    /// <param name="messages">Messages that a set of segments has told of.</param>
    public EnvelopeRuns(IReadOnlyList<StoredMessage> messages)
    {
        (_messages, _places) = (messages, new (int, int)[messages.Count]);
        var length = 0;
        for (var i = 0; i < _places.Length; i++)
        {
            _places[i] = (i, length);
            length = checked(length + messages[i].Length);
        }

        _envelopes = new byte[length];
        Array.Sort(_places, (a, b) => messages[a.At].Location.CompareTo(messages[b.At].Location));
    }

    /// <summary>Reads them all, in the order asked for; those that are damaged are holes.</summary>
    /// <exception cref="Core.DChatException">A segment cannot be read.</exception>
    public StoredEnvelopes Read(ImmutableArray<SealedSegment> segments)
    {
        var damaged = new HashSet<int>();
        for (var first = 0; first < _places.Length;)
        {
            var count = CountOf(first);
            Read(segments[SealedLocation.SlotOf(Location(first))], first, count, damaged);
            first += count;
        }

        return damaged.Count == 0 ? new StoredEnvelopes(_envelopes, []) : Without(damaged);
    }

    private ulong Location(int place) => _messages[_places[place].At].Location;

    private ulong End(int place) => Location(place) + (ulong)_messages[_places[place].At].Length;

    // Of two segments the locations are so far apart that no run spans them.
    private int CountOf(int first)
    {
        var next = first + 1;
        while (next < _places.Length
            && (Location(next) <= End(next - 1) || Location(next) - End(next - 1) <= RecordRun.MaxGapBytes)
            && SealedLocation.SlotOf(Location(next)) == SealedLocation.SlotOf(Location(first))
            && End(next) - Location(first) <= RecordRun.MaxBytes)
        {
            next++;
        }

        return next - first;
    }

    private void Read(SealedSegment segment, int first, int count, HashSet<int> damaged)
    {
        var start = Location(first);
        var length = (int)(End(first + count - 1) - start);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var read = segment.Read(buffer.AsSpan(0, length), SealedLocation.OffsetOf(start));
            foreach (var (at, offset) in _places.AsSpan(first, count))
            {
                var message = _messages[at];
                var from = (int)(message.Location - start);
                if (from + message.Length <= read && Crc32C.Compute(buffer.AsSpan(from, message.Length)) == message.Checksum)
                {
                    buffer.AsSpan(from, message.Length).CopyTo(_envelopes.AsSpan(offset));
                }
                else
                {
                    damaged.Add(at);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private StoredEnvelopes Without(HashSet<int> damaged)
    {
        var (written, offset) = (0, 0);
        List<ulong> holes = [];
        for (var i = 0; i < _messages.Count; i++)
        {
            var length = _messages[i].Length;
            if (damaged.Contains(i))
            {
                holes.Add(_messages[i].Sequence);
            }
            else
            {
                _envelopes.AsSpan(offset, length).CopyTo(_envelopes.AsSpan(written));
                written += length;
            }

            offset += length;
        }

        return new StoredEnvelopes(_envelopes[..written], holes);
    }
}

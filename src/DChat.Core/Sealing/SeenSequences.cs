using System.Runtime.CompilerServices;
using DChat.Core.Envelopes;

namespace DChat.Core.Sealing;

/// <summary>
/// Sequences of one author with their messages, sorted, no more than <see cref="ReplayWindow.Size"/>: memory follows the
/// number of messages, not how far their sequences are apart.
/// </summary>
/// <param name="slides">
/// True for what comes once and in order: sequences a window's size behind the newest are too old, and forgotten. False for
/// what may be read again from anywhere: no sequence is too old, and those farthest from the present one are forgotten.
/// </param>
internal sealed class SeenSequences(bool slides)
{
    private static readonly int EntryBytes = Unsafe.SizeOf<Entry>();

    private Entry[] _entries = new Entry[1];
    private int _count;
    private ulong _newest;

    /// <summary>The bytes that the entries take, empty ones included.</summary>
    public int Bytes => _entries.Length * EntryBytes;

    /// <summary>Judges a message and remembers it.</summary>
    /// <param name="sequence">From 1.</param>
    /// <param name="id">The message.</param>
    /// <param name="first">The message seen first under the sequence, if there was one.</param>
    public ReplayVerdict Observe(ulong sequence, MessageId id, out MessageId first)
    {
        first = default;
        if (slides && !IsInWindow(sequence))
        {
            return ReplayVerdict.TooOld;
        }

        _newest = Math.Max(_newest, sequence);
        var at = FirstAtOrAbove(sequence);
        if (at < _count && _entries[at].Sequence == sequence)
        {
            first = _entries[at].Id;
            return first == id ? ReplayVerdict.Duplicate : ReplayVerdict.Equivocation;
        }

        at -= MakeRoom(sequence);
        Array.Copy(_entries, at, _entries, at + 1, _count - at);
        _entries[at] = new Entry(sequence, id);
        _count++;
        return ReplayVerdict.Fresh;
    }

    // Written so that nothing overflows: sequences go up to 2^64 − 1.
    private bool IsInWindow(ulong sequence) => sequence > _newest || _newest - sequence < ReplayWindow.Size;

    private int FirstAtOrAbove(ulong sequence)
    {
        // Most sequences come in order, so most end here.
        if (_count == 0 || _entries[_count - 1].Sequence < sequence)
        {
            return _count;
        }

        var (low, high) = (0, _count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_entries[middle].Sequence < sequence)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    // Returns how many entries went from the front. They go only when the array is full, so that the rest moves rarely.
    private int MakeRoom(ulong sequence)
    {
        if (_count < _entries.Length)
        {
            return 0;
        }

        var old = 0;
        while (slides && old < _count && !IsInWindow(_entries[old].Sequence))
        {
            old++;
        }

        if (old == 0 && _count < ReplayWindow.Size)
        {
            Array.Resize(ref _entries, _count * 2);
            return 0;
        }

        if (old == 0)
        {
            // The sequence is in no window: the entry at the end that is farther from it goes.
            var isLowFarther = sequence > _entries[0].Sequence
                && (sequence > _entries[^1].Sequence || sequence - _entries[0].Sequence > _entries[^1].Sequence - sequence);
            if (!isLowFarther)
            {
                _count--;
                return 0;
            }

            old = 1;
        }

        _count -= old;
        Array.Copy(_entries, old, _entries, 0, _count);
        return old;
    }

    private readonly record struct Entry(ulong Sequence, MessageId Id);
}

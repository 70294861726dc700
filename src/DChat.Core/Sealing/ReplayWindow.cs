using DChat.Core.Envelopes;
using DChat.Core.Keys;

namespace DChat.Core.Sealing;

/// <summary>
/// Tells a receiver whether a message it opened is new, a replay, or proof that its author used a sequence twice. Feed it
/// opened messages only, those of one topic. Remembers the newest <see cref="Size"/> sequences of each author and the
/// <see cref="MaxAuthors"/> authors heard last; the messages of a forgotten author look fresh again, so also compare ids
/// with those stored. Not thread-safe.
/// </summary>
public sealed class ReplayWindow
{
    /// <summary>How many sequences an author's window spans.</summary>
    public const int Size = 1024;

    /// <summary>How many authors are remembered. A full window takes 40 KiB, one of few messages far less.</summary>
    public const int MaxAuthors = 1024;

    private readonly Dictionary<(AuthorKey, uint), LinkedListNode<AuthorWindow>> _authors = [];
    private readonly LinkedList<AuthorWindow> _byRecency = [];

    /// <summary>Judges a message and remembers it.</summary>
    /// <param name="author">Who signed it.</param>
    /// <param name="keyGeneration">The generation of the author key.</param>
    /// <param name="sequence">Its sequence, from 1.</param>
    /// <param name="id">The message.</param>
    /// <param name="report">The proof of an equivocation; null for any other verdict.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> is 0.</exception>
    public ReplayVerdict Observe(AuthorKey author, uint keyGeneration, ulong sequence, MessageId id, out EquivocationReport? report)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sequence);
        var verdict = WindowOf((author, keyGeneration)).Observe(sequence, id, out var first);
        report = verdict == ReplayVerdict.Equivocation ? new EquivocationReport(author, keyGeneration, sequence, first, id) : null;
        return verdict;
    }

    private AuthorWindow WindowOf((AuthorKey, uint) author)
    {
        if (_authors.TryGetValue(author, out var node))
        {
            _byRecency.Remove(node);
        }
        else
        {
            if (_authors.Count == MaxAuthors)
            {
                _authors.Remove(_byRecency.Last!.Value.Author);
                _byRecency.RemoveLast();
            }

            _authors[author] = node = new LinkedListNode<AuthorWindow>(new AuthorWindow(author));
        }

        _byRecency.AddFirst(node);
        return node.Value;
    }

    // A ring indexed by the low bits of the sequence. It grows until the sequences in the window do not collide; at full
    // size they cannot.
    private sealed class AuthorWindow((AuthorKey, uint) author)
    {
        private const int InitialSlots = 8;

        private (ulong Sequence, MessageId Id)[] _ring = new (ulong, MessageId)[InitialSlots];
        private ulong _newest;

        public (AuthorKey, uint) Author { get; } = author;

        public ReplayVerdict Observe(ulong sequence, MessageId id, out MessageId first)
        {
            first = default;
            if (!IsInWindow(sequence))
            {
                return ReplayVerdict.TooOld;
            }

            _newest = Math.Max(_newest, sequence);
            while (!IsFree(sequence))
            {
                Grow();
            }

            ref var slot = ref SlotOf(sequence);
            if (slot.Sequence != sequence)
            {
                slot = (sequence, id);
                return ReplayVerdict.Fresh;
            }

            first = slot.Id;
            return first == id ? ReplayVerdict.Duplicate : ReplayVerdict.Equivocation;
        }

        // Written so that nothing overflows: sequences go up to 2^64 − 1.
        private bool IsInWindow(ulong sequence) => sequence > _newest || _newest - sequence < Size;

        private ref (ulong Sequence, MessageId Id) SlotOf(ulong sequence) => ref _ring[sequence & (ulong)(_ring.Length - 1)];

        private bool IsFree(ulong sequence)
        {
            var holder = SlotOf(sequence).Sequence;
            return holder == 0 || holder == sequence || !IsInWindow(holder);
        }

        private void Grow()
        {
            var old = _ring;
            _ring = new (ulong, MessageId)[old.Length * 2];
            foreach (var slot in old)
            {
                if (slot.Sequence != 0)
                {
                    SlotOf(slot.Sequence) = slot;
                }
            }
        }
    }
}

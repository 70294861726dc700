using DChat.Core.Envelopes;
using DChat.Core.Keys;

namespace DChat.Core.Sealing;

/// <summary>One topic's part of a <see cref="ReplayMemory"/>: its authors, and of each the sequences seen.</summary>
internal sealed class ReplayTable : IDisposable
{
    /// <summary>What an author costs besides its sequences: entries in a dictionary and a list, and three objects.</summary>
    internal const int AuthorBytes = 256;

    private readonly ReplayMemory _memory;
    private readonly bool _slides;
    private readonly Dictionary<(AuthorKey, uint), LinkedListNode<Author>> _authors = [];
    private readonly LinkedList<Author> _byRecency = [];
    private bool _disposed;

    /// <summary>Takes a place in the memory.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="slides">As of <see cref="SeenSequences"/>.</param>
    public ReplayTable(ReplayMemory memory, bool slides)
    {
        _memory = memory;
        _slides = slides;
        memory.Add(this);
    }

    /// <summary>The bytes held, under the memory's gate.</summary>
    public long Bytes { get; private set; }

    public ReplayVerdict Observe((AuthorKey Key, uint Generation) author, ulong sequence, MessageId id, out EquivocationReport? report)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sequence);
        lock (_memory.Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(ReplayWindow));
            var before = Bytes;
            var seen = SeenOf(author);
            Bytes -= seen.Bytes;
            var verdict = seen.Observe(sequence, id, out var first);
            Bytes += seen.Bytes;
            _memory.Charge(Bytes - before);
            report = verdict == ReplayVerdict.Equivocation
                ? new EquivocationReport(author.Key, author.Generation, sequence, first, id)
                : null;
            return verdict;
        }
    }

    /// <summary>Forgets the author heard longest ago and returns the bytes that frees. Under the memory's gate.</summary>
    public long ForgetOldest()
    {
        var oldest = _byRecency.Last!.Value;
        _byRecency.RemoveLast();
        _authors.Remove(oldest.Id);
        var freed = AuthorBytes + oldest.Seen.Bytes;
        Bytes -= freed;
        return freed;
    }

    public void Dispose()
    {
        lock (_memory.Gate)
        {
            _disposed = true;
            _memory.Remove(this);
        }
    }

    private SeenSequences SeenOf((AuthorKey, uint) id)
    {
        if (_authors.TryGetValue(id, out var node))
        {
            _byRecency.Remove(node);
        }
        else
        {
            _authors[id] = node = new LinkedListNode<Author>(new Author(id, new SeenSequences(_slides)));
            Bytes += AuthorBytes + node.Value.Seen.Bytes;
        }

        _byRecency.AddFirst(node);
        return node.Value.Seen;
    }

    private sealed record Author((AuthorKey, uint) Id, SeenSequences Seen);
}

using DChat.Core.Envelopes;
using DChat.Core.Keys;

namespace DChat.Core.Sealing;

/// <summary>
/// Tells a receiver whether a message it opened is new, a replay, or proof that its author used a sequence twice. Feed it
/// opened messages only, those of one topic, as they come: an author that does not open costs nothing. Remembers the newest
/// <see cref="Size"/> sequences of each author as long as the memory has room; the messages of a forgotten author look
/// fresh again, so also compare ids with those stored. Thread-safe.
/// </summary>
/// <param name="memory">What it shares with the windows of other topics.</param>
public sealed class ReplayWindow(ReplayMemory memory) : IDisposable
{
    /// <summary>How many sequences an author's window spans.</summary>
    public const int Size = 1024;

    private readonly ReplayTable _table = new(memory, slides: true);

    /// <summary>Makes a window with a <see cref="ReplayMemory"/> of its own.</summary>
    public ReplayWindow()
        : this(new ReplayMemory())
    {
    }

    /// <summary>Judges a message and remembers it.</summary>
    /// <param name="author">Who signed it.</param>
    /// <param name="keyGeneration">The generation of the author key.</param>
    /// <param name="sequence">Its sequence, from 1.</param>
    /// <param name="id">The message.</param>
    /// <param name="report">The proof of an equivocation; null for any other verdict.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> is 0.</exception>
    /// <exception cref="ObjectDisposedException">The window is disposed.</exception>
    public ReplayVerdict Observe(AuthorKey author, uint keyGeneration, ulong sequence, MessageId id, out EquivocationReport? report) =>
        _table.Observe((author, keyGeneration), sequence, id, out report);

    /// <summary>Gives its part of the memory back.</summary>
    public void Dispose() => _table.Dispose();
}

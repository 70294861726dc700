using DChat.Core.Envelopes;
using DChat.Core.Keys;

namespace DChat.Core.Sealing;

/// <summary>
/// Finds authors that used a sequence twice among messages read from history: page by page, in any order and as often as
/// wanted. Feed it opened messages only, those of one topic. Remembers <see cref="ReplayWindow.Size"/> sequences of each
/// author, those nearest to the last one read, as long as the memory has room. Thread-safe.
/// </summary>
/// <param name="memory">What it shares with other topics.</param>
public sealed class EquivocationHistory(ReplayMemory memory) : IDisposable
{
    private readonly ReplayTable _table = new(memory, slides: false);

    /// <summary>Takes note of a message.</summary>
    /// <param name="author">Who signed it.</param>
    /// <param name="keyGeneration">The generation of the author key.</param>
    /// <param name="sequence">Its sequence, from 1.</param>
    /// <param name="id">The message.</param>
    /// <returns>The proof that the author signed another message under the sequence; null when none was read.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sequence"/> is 0.</exception>
    /// <exception cref="ObjectDisposedException">The history is disposed.</exception>
    public EquivocationReport? Observe(AuthorKey author, uint keyGeneration, ulong sequence, MessageId id)
    {
        _table.Observe((author, keyGeneration), sequence, id, out var report);
        return report;
    }

    /// <summary>Gives its part of the memory back.</summary>
    public void Dispose() => _table.Dispose();
}

using DChat.Core.Admission;
using DChat.Core.Envelopes;

namespace DChat.Abstractions.Flow;

/// <summary>
/// Forms the batches in which messages of one shard travel (DESIGN §2.3): at most 256 messages and 256 KiB, and none waits
/// for company longer than the linger. What finds no call under way goes at once. Networks take turns. Told the time, it
/// says what to do; it has no clock and makes no calls. Not thread-safe.
/// </summary>
/// <param name="maxCalls">How many calls may be under way, 1 or more.</param>
/// <param name="linger">How long an item waits for company while a call is under way, in ticks of the time it is told.</param>
public sealed class BatchFormer<TItem>(int maxCalls, long linger)
{
    /// <summary>How long an item waits for company by default.</summary>
    public static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(2);

    private readonly FairQueue<NetworkPrefix, Waiting> _waiting = new(quantum: 4096);
    private int _messages;
    private long _bytes;
    private int _calls;
    private long _since;

    /// <summary>When <see cref="TryTake"/> will have something though nothing else happens; null when it will not.</summary>
    public long? DueAt => _waiting.Count > 0 && _calls < maxCalls ? _since + linger : null;

    /// <summary>Adds an item.</summary>
    /// <param name="prefix">Whose turn it takes.</param>
    /// <param name="item">The item.</param>
    /// <param name="messages">How many messages it is, 1 to <see cref="EnvelopeBatch.MaxCount"/>.</param>
    /// <param name="bytes">How long they are together, 1 to <see cref="EnvelopeBatch.MaxBytes"/>.</param>
    /// <param name="now">The time.</param>
    public void Add(NetworkPrefix prefix, TItem item, int messages, int bytes, long now)
    {
        if (_waiting.Count == 0)
        {
            _since = now;
        }

        _waiting.TryEnqueue(prefix, new Waiting(item, messages, bytes), bytes);
        _messages += messages;
        _bytes += bytes;
    }

    /// <summary>The items of the next call, which is under way from now on; null when none is to be made yet.</summary>
    public IReadOnlyList<TItem>? TryTake(long now)
    {
        var isFull = _messages >= EnvelopeBatch.MaxCount || _bytes >= EnvelopeBatch.MaxBytes;
        if (_waiting.Count == 0 || _calls >= maxCalls || (_calls > 0 && !isFull && now - _since < linger))
        {
            return null;
        }

        List<TItem> batch = [];
        int messages = 0, bytes = 0;
        while (_waiting.TryPeek(out var next)
            && (batch.Count == 0
                || (messages + next.Messages <= EnvelopeBatch.MaxCount && bytes + next.Bytes <= EnvelopeBatch.MaxBytes)))
        {
            _waiting.TryDequeue(out _);
            messages += next.Messages;
            bytes += next.Bytes;
            batch.Add(next.Item);
        }

        _messages -= messages;
        _bytes -= bytes;
        _since = now;
        _calls++;
        return batch;
    }

    /// <summary>Takes everything that waits, without a call: whoever closes answers for it.</summary>
    public IReadOnlyList<TItem> TakeAll()
    {
        List<TItem> all = [];
        while (_waiting.TryDequeue(out var next))
        {
            all.Add(next.Item);
        }

        _messages = 0;
        _bytes = 0;
        return all;
    }

    /// <summary>Notes that a call is no longer under way.</summary>
    public void Returned() => _calls--;

    private sealed record Waiting(TItem Item, int Messages, int Bytes);
}

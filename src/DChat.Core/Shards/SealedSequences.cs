namespace DChat.Core.Shards;

/// <summary>
/// Tells of ascending sequences of a shard which are sealed. Reads the disk, some messages at a time and only near those asked for:
/// one old message that is open does not have all be read that was sealed since.
/// </summary>
/// <param name="sealedMessages">What is sealed.</param>
public sealed class SealedSequences(ISealedMessages sealedMessages)
{
    /// <summary>How many are read at a time.</summary>
    public const int PageLength = 1_024;

    private IReadOnlyList<StoredMessage> _page = [];
    private ulong _through;
    private int _next;

    /// <summary>Whether a sequence is sealed.</summary>
    /// <param name="sequence">From 1, and not before the one asked for last.</param>
    /// <exception cref="DChatException">As for <see cref="ISealedMessages.TryFind"/>.</exception>
    public bool Contains(ulong sequence)
    {
        if (sequence > _through)
        {
            (_page, _next) = (sealedMessages.After(sequence - 1, PageLength), 0);
            _through = _page.Count < PageLength ? ulong.MaxValue : _page[^1].Sequence;
        }

        while (_next < _page.Count && _page[_next].Sequence < sequence)
        {
            _next++;
        }

        return _next < _page.Count && _page[_next].Sequence == sequence;
    }
}

using DChat.Core.Shards;

namespace DChat.Client;

/// <summary>Some of a topic's history, oldest first.</summary>
public sealed class FetchPage
{
    /// <summary>The most messages of one page.</summary>
    public const int MaxMessages = 256;

    internal FetchPage(
        IReadOnlyList<ReceivedMessage> messages, IReadOnlyList<LogPosition> holes, LogPosition next, LogPosition head, bool isCursorGap)
    {
        Messages = messages;
        Holes = holes;
        Next = next;
        Head = head;
        IsCursorGap = isCursorGap;
    }

    /// <summary>The messages; those that do not open are left out, so there may be fewer than asked for, even none.</summary>
    public IReadOnlyList<ReceivedMessage> Messages { get; }

    /// <summary>
    /// Where messages stand that the relay cannot read because what it stored is damaged, ascending: another relay may have
    /// them. The messages before and after are here.
    /// </summary>
    public IReadOnlyList<LogPosition> Holes { get; }

    /// <summary>The cursor to fetch on after; at a gap, the position to resume from, which is the head.</summary>
    public LogPosition Next { get; }

    /// <summary>The newest message of the shard when the page was read.</summary>
    public LogPosition Head { get; }

    /// <summary>
    /// Whether the cursor could not be continued (<see cref="DChatErrorCodes.CursorGap"/>): the log is another one, has gone
    /// back, or was pruned past it. There are no messages; fetch from the start to get what is still there.
    /// </summary>
    public bool IsCursorGap { get; }

    /// <summary>Whether there may be more after <see cref="Next"/>.</summary>
    public bool HasMore => !IsCursorGap && Next.Sequence < Head.Sequence;
}

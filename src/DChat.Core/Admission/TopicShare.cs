using DChat.Core.Keys;

namespace DChat.Core.Admission;

/// <summary>
/// What one network has taken of one topic lately, and which authors were accepted from there. Debts are in tokens; they
/// wear off at the share's rate, which depends on how many share.
/// </summary>
internal sealed class TopicShare(SharedTopic topic)
{
    /// <summary>How many authors of a share are remembered.</summary>
    public const int MaxAuthors = 64;

    private List<KnownAuthor>? _authors;
    private double _debt;
    private double _newcomerDebt;
    private long _at;

    public SharedTopic Topic => topic;

    /// <summary>Its place among the shares of its network; null for the one that networks without their own have together.</summary>
    public LinkedListNode<TopicShare>? Place { get; set; }

    /// <summary>When something was last accepted; long ago when nothing was.</summary>
    public long LastUse { get; private set; } = long.MinValue / 2;

    public int Authors => _authors?.Count ?? 0;

    public bool Knows(AuthorKey author) => IndexOf(author) >= 0;

    /// <summary>How many ticks until the share holds the tokens for an author; 0 when it does.</summary>
    /// <param name="author">The author; one that is not known may use half of the share.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="rate">Tokens a tick.</param>
    /// <param name="burst">Tokens at once.</param>
    /// <param name="now">The time.</param>
    public double WaitFor(AuthorKey author, int tokens, double rate, double burst, long now)
    {
        var wait = (Left(_debt, rate, now) + tokens - burst) / rate;
        if (!Knows(author))
        {
            wait = Math.Max(wait, (Left(_newcomerDebt, rate / 2, now) + tokens - NewcomersPart(burst)) / (rate / 2));
        }

        return Math.Max(0, wait);
    }

    /// <summary>Takes the tokens, or what there is of them, and remembers the author if that <paramref name="mayRemember"/>.</summary>
    public void Take(AuthorKey author, int tokens, double rate, double burst, long now, long forgetBefore, bool mayRemember)
    {
        _debt = Math.Min(burst, Left(_debt, rate, now) + tokens);
        _newcomerDebt = Left(_newcomerDebt, rate / 2, now);
        if (!Knows(author))
        {
            _newcomerDebt = Math.Min(NewcomersPart(burst), _newcomerDebt + tokens);
        }

        (_at, LastUse) = (now, now);
        Remember(author, now, forgetBefore, mayRemember);
    }

    /// <summary>Gives tokens back. What a newcomer took is not told apart, so its half is given back too.</summary>
    public void Give(int tokens)
    {
        _debt = Math.Max(0, _debt - tokens);
        _newcomerDebt = Math.Max(0, _newcomerDebt - tokens);
    }

    // The longest envelope must fit into half of the least share.
    private static double NewcomersPart(double burst) => Math.Max(QuotaOptions.MinBurst, burst / 2);

    private double Left(double debt, double rate, long now) => Math.Max(0, debt - ((now - _at) * rate));

    /// <summary>
    /// A full list lets go of an author not heard for long, else of the one it has known shortest: so a flood of new keys
    /// pushes out its own and none of those who were there before.
    /// </summary>
    private void Remember(AuthorKey author, long now, long forgetBefore, bool mayRemember)
    {
        var index = IndexOf(author);
        if (index >= 0)
        {
            _authors![index] = _authors[index] with { LastHeard = now };
        }
        else if (_authors is { Count: MaxAuthors })
        {
            var leave = _authors.FindIndex(known => known.LastHeard < forgetBefore);
            _authors.RemoveAt(leave >= 0 ? leave : MaxAuthors - 1);
            _authors.Add(new KnownAuthor(author, now));
        }
        else if (mayRemember)
        {
            (_authors ??= []).Add(new KnownAuthor(author, now));
        }
    }

    private int IndexOf(AuthorKey author)
    {
        for (var i = 0; i < Authors; i++)
        {
            if (_authors![i].Key == author)
            {
                return i;
            }
        }

        return -1;
    }

    private readonly record struct KnownAuthor(AuthorKey Key, long LastHeard);
}

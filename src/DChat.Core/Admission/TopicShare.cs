using DChat.Core.Keys;

namespace DChat.Core.Admission;

/// <summary>
/// What one network has taken of one topic lately, and which authors were accepted from there. Those and newcomers have half
/// of the share each while both use it, and all of it while the others do not: so newcomers never keep out who was there
/// before them. Debts are in tokens; they wear off at a rate that depends on how many share.
/// </summary>
internal sealed class TopicShare(SharedTopic topic, NetworkPrefix prefix)
{
    /// <summary>How many authors of a share are remembered.</summary>
    public const int MaxAuthors = 64;

    private List<KnownAuthor>? _authors;
    private Debt _known = Debt.None;
    private Debt _newcomers = Debt.None;

    public SharedTopic Topic => topic;

    public NetworkPrefix Prefix => prefix;

    /// <summary>Its place among the shares of its network; null before it is among them.</summary>
    public LinkedListNode<TopicShare>? Place { get; set; }

    /// <summary>When something was last accepted; long ago when nothing was.</summary>
    public long LastUse => Math.Max(_known.At, _newcomers.At);

    public int Authors => _authors?.Count ?? 0;

    public bool Knows(AuthorKey author) => IndexOf(author) >= 0;

    /// <summary>How many ticks until the share holds the tokens for an author; 0 when it does.</summary>
    public double WaitFor(AuthorKey author, int tokens, in SharePart part, long now)
    {
        var isKnown = Knows(author);
        var own = PartOf(isKnown, part, now);
        return Math.Max(0, ((isKnown ? _known : _newcomers).Left(own, now) + tokens - own.Burst) / own.Rate);
    }

    /// <summary>Takes the tokens, or what there is of them, and remembers the author.</summary>
    /// <param name="author">The author.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="part">What the share is of the topic.</param>
    /// <param name="now">The time.</param>
    /// <param name="forgetBefore">Authors not heard since may be forgotten.</param>
    /// <param name="mayRemember">Whether there is room for another author.</param>
    /// <returns>How much was taken, and from which half.</returns>
    public (double Tokens, bool WasKnown) Take(AuthorKey author, int tokens, in SharePart part, long now, long forgetBefore, bool mayRemember)
    {
        var isKnown = Knows(author);
        var own = PartOf(isKnown, part, now);
        ref var debt = ref isKnown ? ref _known : ref _newcomers;
        var left = debt.Left(own, now);
        debt = new Debt(Math.Min(own.Burst, left + tokens), now);
        Remember(author, now, forgetBefore, mayRemember);
        return (debt.Tokens - left, isKnown);
    }

    /// <summary>Gives back what was taken, to the half that it was taken from.</summary>
    public void Give((double Tokens, bool WasKnown) taken)
    {
        ref var debt = ref taken.WasKnown ? ref _known : ref _newcomers;
        debt = debt with { Tokens = Math.Max(0, debt.Tokens - taken.Tokens) };
    }

    // Half of it must still hold the longest envelope.
    private SharePart PartOf(bool isKnown, in SharePart part, long now) =>
        now - (isKnown ? _newcomers : _known).At > part.ActiveTicks
            ? part
            : part with { Rate = part.Rate / 2, Burst = Math.Max(QuotaOptions.MinBurst, part.Burst / 2) };

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

    private readonly record struct Debt(double Tokens, long At)
    {
        public static readonly Debt None = new(0, long.MinValue / 2);

        // A part that has shrunk forgives what no longer fits: whoever used much while few shared must not wait for it when
        // a flood of networks makes the parts small.
        public double Left(in SharePart part, long now) => Math.Clamp(Tokens - ((now - At) * part.Rate), 0, part.Burst);
    }

    private readonly record struct KnownAuthor(AuthorKey Key, long LastHeard);
}

using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Core.Admission;

/// <summary>
/// What admission remembers: the messages seen, and what callers, networks, authors and topics have used. Thread-safe; the
/// lock is held for well under a microsecond.
/// </summary>
/// <remarks>
/// Anybody can send again what an author once said, and only the shard knows that it is old. So an author has two buckets: one
/// of all it said that the shard found new, and one for each network of what came from there and is not answered yet.
/// Replays fill the bucket of the network they come from and leave the author alone.
/// </remarks>
internal sealed class AdmissionBooks
{
    /// <summary>
    /// What a forgery costs its source on top: nobody honest brings one, and each has cost this relay a verification for which
    /// nobody else can be charged. With the default quotas a network gets 256 of them verified a second.
    /// </summary>
    internal const int ForgeryTokens = 31;

    /// <summary>What a source may owe for forgeries: as many are verified at the same time before the first is charged.</summary>
    private const int MaxForgeryDebt = 64 * ForgeryTokens;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly SeenFilter _seen;
    private readonly QuotaTable<AuthorKey> _authors;
    private readonly QuotaTable<(AuthorKey Author, NetworkPrefix Prefix)> _authorsFrom;
    private readonly TopicShares _topics;
    private readonly QuotaTable<string>[] _callers;
    private readonly QuotaTable<NetworkPrefix>[] _networks;

    public AdmissionBooks(AdmissionOptions options, TimeProvider time)
    {
        _time = time;
        _seen = new SeenFilter(options.SeenCapacity);
        _authors = new QuotaTable<AuthorKey>(options.Author, time.TimestampFrequency);
        _authorsFrom = new QuotaTable<(AuthorKey Author, NetworkPrefix Prefix)>(options.Author, time.TimestampFrequency);
        _topics = new TopicShares(options.Topic, time.TimestampFrequency);

        // One table for each source tier: devices, then relays that the operator vouches for.
        int[] factors = [1, options.RelayFactor];
        _callers = Array.ConvertAll(factors, factor => new QuotaTable<string>(options.Source, time.TimestampFrequency, factor));
        _networks = Array.ConvertAll(factors, factor => new QuotaTable<NetworkPrefix>(options.Network, time.TimestampFrequency, factor));
    }

    /// <summary>
    /// Charges the source for bytes before they are read and hashed, whatever they turn out to be; how long it must wait if it
    /// has too little left.
    /// </summary>
    public TimeSpan Look(in AdmissionSource source, int length)
    {
        if (source.IsHistory)
        {
            return TimeSpan.Zero;
        }

        var tokens = TokensOf(length);
        var callers = _callers[(int)source.Tier];
        var networks = _networks[(int)source.Tier];
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var wait = Math.Max(callers.WaitFor(source.Caller, tokens, now), networks.WaitFor(source.Prefix, tokens, now));
            if (wait == 0)
            {
                callers.Take(source.Caller, tokens, now);
                networks.Take(source.Prefix, tokens, now);
            }

            return TimeOf(wait);
        }
    }

    /// <summary>Charges a forgery to its source, which cannot be forged, and to nobody else.</summary>
    public void Forged(in AdmissionSource source)
    {
        if (!source.IsHistory)
        {
            lock (_gate)
            {
                var now = _time.GetTimestamp();
                _callers[(int)source.Tier].Take(source.Caller, ForgeryTokens, now, MaxForgeryDebt);
                _networks[(int)source.Tier].Take(source.Prefix, ForgeryTokens, now, MaxForgeryDebt);
            }
        }
    }

    /// <summary>Whether a message was seen, and if not, how long it must wait for room; zero when there is.</summary>
    public (bool WasSeen, TimeSpan Wait) Ask(MessageId id, in Charge charge)
    {
        lock (_gate)
        {
            return _seen.Contains(id) ? (true, TimeSpan.Zero) : (false, TimeOf(WaitFor(charge, _time.GetTimestamp())));
        }
    }

    /// <summary>
    /// Books a verified message. There was room before its signature was checked, but others may have come since; and two
    /// copies may have been verified at the same time: the second is neither charged nor added.
    /// </summary>
    /// <returns>Whether it was seen; how long it must wait for room; and, when it need not, what it took of its topic.</returns>
    public (bool WasSeen, TimeSpan Wait, TopicTaken Taken) Settle(MessageId id, in Charge charge)
    {
        lock (_gate)
        {
            if (_seen.Contains(id))
            {
                return (true, TimeSpan.Zero, default);
            }

            var now = _time.GetTimestamp();
            var wait = WaitFor(charge, now);
            if (wait > 0)
            {
                return (false, TimeOf(wait), default);
            }

            TopicTaken taken = default;
            if (!charge.IsFree)
            {
                _authorsFrom.Take((charge.Claim.Author, charge.Claim.Prefix), charge.Claim.Tokens, now);
                taken = _topics.Take(charge.Claim, now);
            }

            _seen.Add(id);
            return (false, TimeSpan.Zero, taken);
        }
    }

    /// <summary>
    /// Charges the author, now that the shard says that the message is new: nobody else can make new ones. A copy that had been
    /// seen and is new all the same has overtaken the first, which gets back what it paid: it pays in its place, or two networks
    /// that race each other would publish for nothing.
    /// </summary>
    public void Confirm(in Charge charge, bool wasSeen)
    {
        if (!charge.IsFree)
        {
            lock (_gate)
            {
                var now = _time.GetTimestamp();
                _authors.Take(charge.Claim.Author, charge.Claim.Tokens, now);
                if (wasSeen)
                {
                    _authorsFrom.Take((charge.Claim.Author, charge.Claim.Prefix), charge.Claim.Tokens, now);
                    _topics.Take(charge.Claim, now);
                }
            }
        }
    }

    /// <summary>Gives back what was booked, now that the shard says that it had the message, or has not kept it.</summary>
    public void Refund(in Charge charge, in TopicTaken taken)
    {
        if (!charge.IsFree)
        {
            lock (_gate)
            {
                var now = _time.GetTimestamp();
                _authorsFrom.Give((charge.Claim.Author, charge.Claim.Prefix), charge.Claim.Tokens, now);
                _topics.Give(charge.Claim, taken, now);
            }
        }
    }

    private long WaitFor(in Charge charge, long now)
    {
        if (charge.IsFree)
        {
            return 0;
        }

        var (author, tokens) = (charge.Claim.Author, charge.Claim.Tokens);
        var wait = Math.Max(_authors.WaitFor(author, tokens, now), _authorsFrom.WaitFor((author, charge.Claim.Prefix), tokens, now));
        return Math.Max(wait, _topics.WaitFor(charge.Claim, now));
    }

    /// <summary>A token for each started KiB; what is longer than any envelope is not read on.</summary>
    private static int TokensOf(int length)
    {
        const int BytesPerToken = 1024;
        return Math.Clamp((length + BytesPerToken - 1) / BytesPerToken, 1, QuotaOptions.MinBurst);
    }

    // A wait of less than a tick of TimeSpan is still a wait.
    private TimeSpan TimeOf(long ticks) => ticks == 0
        ? TimeSpan.Zero
        : TimeSpan.FromTicks((long)Math.Ceiling(ticks * ((double)TimeSpan.TicksPerSecond / _time.TimestampFrequency)));

    /// <summary>What an envelope asks of its author and its topic.</summary>
    /// <param name="IsFree">Whether another relay has acknowledged it, so that it is not charged.</param>
    /// <param name="Claim">Who asks whom for how much.</param>
    internal readonly record struct Charge(bool IsFree, TopicClaim Claim)
    {
        public static Charge Of(in AdmissionSource source, TopicTag topic, AuthorKey author, int length) =>
            new(source.IsHistory, new TopicClaim(topic, source.Prefix, author, TokensOf(length)));
    }
}

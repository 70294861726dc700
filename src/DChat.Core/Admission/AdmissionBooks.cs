using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Core.Admission;

/// <summary>
/// What admission remembers: the messages seen, and what callers, networks, authors and topics have used. Thread-safe; the
/// lock is held for well under a microsecond.
/// </summary>
internal sealed class AdmissionBooks
{
    /// <summary>What an envelope costs its source before anyone looks at it, and keeps costing: it is read and hashed.</summary>
    private const int LookToken = 1;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly SeenFilter _seen;
    private readonly QuotaTable<AuthorKey> _authors;
    private readonly TopicShares _topics;
    private readonly QuotaTable<string>[] _callers;
    private readonly QuotaTable<NetworkPrefix>[] _networks;

    public AdmissionBooks(AdmissionOptions options, TimeProvider time)
    {
        _time = time;
        _seen = new SeenFilter(options.SeenCapacity);
        _authors = new QuotaTable<AuthorKey>(options.Author, time.TimestampFrequency);
        _topics = new TopicShares(options.Topic, time.TimestampFrequency);

        // One table for each source tier: devices, then relays that the operator vouches for.
        int[] factors = [1, options.RelayFactor];
        _callers = Array.ConvertAll(factors, factor => new QuotaTable<string>(options.Source, time.TimestampFrequency, factor));
        _networks = Array.ConvertAll(factors, factor => new QuotaTable<NetworkPrefix>(options.Network, time.TimestampFrequency, factor));
    }

    /// <summary>Charges the source for looking at an envelope; how long it must wait if it has nothing left.</summary>
    public TimeSpan Look(in AdmissionSource source)
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var wait = WaitForSource(source, LookToken, now);
            if (wait == 0)
            {
                TakeFromSource(source, LookToken, now);
            }

            return TimeOf(wait);
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
            if (!charge.Source.IsHistory)
            {
                _authors.Take(charge.Claim.Author, charge.Claim.Tokens, now);
                taken = _topics.Take(charge.Claim, now);
                TakeFromSource(charge.Source, charge.Claim.Tokens - LookToken, now);
            }

            _seen.Add(id);
            return (false, TimeSpan.Zero, taken);
        }
    }

    /// <summary>Charges a forgery to its source, which cannot be forged, and to nobody else.</summary>
    public void Forged(in Charge charge)
    {
        if (!charge.Source.IsHistory)
        {
            lock (_gate)
            {
                TakeFromSource(charge.Source, charge.Claim.Tokens - LookToken, _time.GetTimestamp());
            }
        }
    }

    /// <summary>Gives back what was booked, all but the look.</summary>
    public void Refund(in Charge charge, in TopicTaken taken)
    {
        if (!charge.Source.IsHistory)
        {
            lock (_gate)
            {
                var now = _time.GetTimestamp();
                var tokens = charge.Claim.Tokens;
                _authors.Give(charge.Claim.Author, tokens, now);
                _topics.Give(charge.Claim, taken, now);
                _callers[(int)charge.Source.Tier].Give(charge.Source.Caller, tokens - LookToken, now);
                _networks[(int)charge.Source.Tier].Give(charge.Source.Prefix, tokens - LookToken, now);
            }
        }
    }

    private long WaitFor(in Charge charge, long now)
    {
        if (charge.Source.IsHistory)
        {
            return 0;
        }

        var wait = Math.Max(
            WaitForSource(charge.Source, charge.Claim.Tokens - LookToken, now),
            _authors.WaitFor(charge.Claim.Author, charge.Claim.Tokens, now));
        return Math.Max(wait, _topics.WaitFor(charge.Claim, now));
    }

    private long WaitForSource(in AdmissionSource source, int tokens, long now) => Math.Max(
        _callers[(int)source.Tier].WaitFor(source.Caller, tokens, now),
        _networks[(int)source.Tier].WaitFor(source.Prefix, tokens, now));

    private void TakeFromSource(in AdmissionSource source, int tokens, long now)
    {
        if (tokens > 0)
        {
            _callers[(int)source.Tier].Take(source.Caller, tokens, now);
            _networks[(int)source.Tier].Take(source.Prefix, tokens, now);
        }
    }

    // A wait of less than a tick of TimeSpan is still a wait.
    private TimeSpan TimeOf(long ticks) => ticks == 0
        ? TimeSpan.Zero
        : TimeSpan.FromTicks((long)Math.Ceiling(ticks * ((double)TimeSpan.TicksPerSecond / _time.TimestampFrequency)));

    /// <summary>Who pays for an envelope, and how much.</summary>
    internal readonly record struct Charge(AdmissionSource Source, TopicClaim Claim)
    {
        private const int BytesPerToken = 1024;

        public static Charge Of(in AdmissionSource source, TopicTag topic, AuthorKey author, int length) =>
            new(source, new TopicClaim(topic, source.Prefix, author, (length + BytesPerToken - 1) / BytesPerToken));
    }
}

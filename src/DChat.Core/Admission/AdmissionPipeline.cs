using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Core.Admission;

/// <summary>
/// Decides what a relay keeps (DESIGN §2.2), in this order: the source's budget, form, the rules of the door, seen filter,
/// quotas, and last the signature, once; then the message is booked, or what it cost is refunded. Thread-safe: the signature
/// is checked outside the one lock, so throughput grows with the cores.
/// </summary>
/// <remarks>
/// Only verified envelopes enter the seen filter or are charged to their author and topic: forging somebody's author key
/// must not silence them. Its source, which cannot be forged, pays for whatever it sends by its length.
/// </remarks>
public sealed class AdmissionPipeline
{
    private readonly TimeProvider _time;
    private readonly AdmissionBooks _books;
    private AdmissionRules _rules;

    /// <summary>Makes a pipeline that has seen nothing, with the floors of the options.</summary>
    /// <param name="network">Read once; later changes have no effect.</param>
    /// <param name="options">Read once; later changes have no effect.</param>
    /// <param name="time">Wall clock for timestamps, monotonic clock for quotas.</param>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>).</exception>
    public AdmissionPipeline(NetworkOptions network, AdmissionOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        network.Validate();
        options.Validate();
        _time = time;
        _books = new AdmissionBooks(options, time);
        _rules = new AdmissionRules(network, options);
    }

    /// <summary>The floor of a class: messages below it are refused.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retention"/> is not a class.</exception>
    public HybridTimestamp FloorOf(RetentionClass retention)
    {
        RetentionClasses.ThrowIfUnknown(retention);
        return Volatile.Read(ref _rules).Floors.Of(retention);
    }

    /// <summary>Raises the floor of a class; a floor below the present one changes nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retention"/> is not a class.</exception>
    public void RaiseFloor(RetentionClass retention, HybridTimestamp floor)
    {
        RetentionClasses.ThrowIfUnknown(retention);
        AdmissionRules before, after;
        do
        {
            before = Volatile.Read(ref _rules);
            after = before with { Floors = before.Floors.Raise(retention, floor) };
        }
        while (!ReferenceEquals(Interlocked.CompareExchange(ref _rules, after, before), before));
    }

    /// <summary>Checks one envelope.</summary>
    /// <param name="envelope">The envelope and nothing else.</param>
    /// <param name="shard">The shard it was offered to; null when it was offered to none, and its topic tag decides.</param>
    /// <param name="source">Where it comes from.</param>
    public AdmissionResult Admit(ReadOnlySpan<byte> envelope, ShardId? shard, in AdmissionSource source)
    {
        // The source is charged before the envelope is read: otherwise a sender of junk would pay nothing.
        if (_books.Look(source, envelope.Length) is var wait && wait > TimeSpan.Zero)
        {
            return AdmissionResult.SourceSpent(RejectionCode.OverQuota, wait);
        }

        var rejection = Envelope.TryRead(envelope, out var view);
        if (rejection == RejectionCode.None)
        {
            rejection = Volatile.Read(ref _rules).Judge(view, shard, source.IsHistory, _time.GetUtcNow().ToUnixTimeMilliseconds());
        }

        if (rejection != RejectionCode.None)
        {
            return AdmissionResult.Rejected(rejection);
        }

        var entry = new IndexEntry(MessageId.Compute(envelope), view.TopicTag, view.Hlc, view.Class, envelope.Length, source.Door);
        var charge = AdmissionBooks.Charge.Of(source, view.TopicTag, view.AuthorKey, envelope.Length);
        TopicTaken taken = default;
        var (wasSeen, delay) = _books.Ask(entry.Id, charge);
        if (!wasSeen && delay == TimeSpan.Zero)
        {
            if (!Envelope.VerifySignature(view))
            {
                _books.Forged(source);
                return AdmissionResult.Rejected(RejectionCode.BadSignature);
            }

            (wasSeen, delay, taken) = _books.Settle(entry.Id, charge);
        }

        return delay > TimeSpan.Zero
            ? AdmissionResult.Deferred(RejectionCode.OverQuota, delay)
            : AdmissionResult.Admitted(entry, view.AuthorKey, wasSeen, taken);
    }

    /// <summary>
    /// Tells what the shard made of an admitted envelope. A new one is charged to its author. What one cost that the shard
    /// had already, or could not keep, is given back: a replay must spend nobody's quota but that of its source, which pays for
    /// being read, and what was not kept pays when it is sent again.
    /// </summary>
    /// <param name="result">As <see cref="Admit"/> returned it; call it at most once for each.</param>
    /// <param name="source">The source of that call.</param>
    /// <param name="isNew">Whether the shard has kept it and had not had it before.</param>
    public void Settle(in AdmissionResult result, in AdmissionSource source, bool isNew)
    {
        if (!result.IsAdmitted || (result.WasSeen && !isNew))
        {
            return;
        }

        var charge = AdmissionBooks.Charge.Of(source, result.Entry.Topic, result.Author, result.Entry.Length);
        if (isNew)
        {
            _books.Confirm(charge, result.WasSeen);
        }
        else
        {
            _books.Refund(charge, result.Taken);
        }
    }
}

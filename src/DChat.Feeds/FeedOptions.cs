using DChat.Core;

namespace DChat.Feeds;

/// <summary>Options of <see cref="Abstractions.Streams.IShardFeeds"/>, checked at start.</summary>
public sealed class FeedOptions
{
    /// <summary>
    /// How long one attempt of a call may go unanswered before the next one: calls to a silo that has died are answered by
    /// nobody. Default 5 s; 100 ms to 5 min.
    /// </summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The most bytes of messages queued for one follower; a slower one reads from the log. Default 4 MiB; 256 KiB to 1 GiB.
    /// </summary>
    public long SubscriberBufferBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// How long a core silo may be silent before its stream subscriptions count as lost and are made anew. Silos show
    /// themselves every second, and changes of the cluster are told, so this is the last resort. Default 30 s; 1 s to 10 min.
    /// </summary>
    public TimeSpan StreamSilence { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names option and range.</exception>
    public void Validate()
    {
        const long KiB = 1024;
        OptionRange.Check(nameof(CallTimeout), CallTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5));
        OptionRange.Check(nameof(SubscriberBufferBytes), SubscriberBufferBytes, 256 * KiB, KiB * KiB * KiB);
        OptionRange.Check(nameof(StreamSilence), StreamSilence, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
    }
}

namespace DChat.Abstractions.Streams;

/// <summary>
/// Follows shards: what Orleans streams bring, with drops, repeats and lost subscriptions, repaired from the log into the log
/// itself. All followers in a process share one stream subscription a shard group. Thread-safe.
/// </summary>
public interface IShardFeeds
{
    /// <summary>
    /// The messages of a shard or of one topic in the order of the log, each once, on until cancelled. Lost connections and
    /// silos are ridden out. A follower slower than the shard reads from the log instead of memory.
    /// </summary>
    /// <exception cref="Core.DChatException">
    /// The position cannot be continued (<see cref="FeedErrors.CursorGap"/>, unless the request says otherwise), or the feeds
    /// have been closed (<see cref="FeedErrors.Closed"/>).
    /// </exception>
    IAsyncEnumerable<EnvelopeRange> FollowAsync(FeedRequest request, CancellationToken cancellationToken);

    /// <summary>Ends all following and gives the stream subscriptions back; the cluster must still be there to take them.</summary>
    Task CloseAsync();
}

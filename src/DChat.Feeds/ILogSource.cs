using DChat.Abstractions.Streams;
using DChat.Core.Shards;

namespace DChat.Feeds;

/// <summary>Reads a shard's log, wholly or of one topic, and retries until cancelled.</summary>
internal interface ILogSource
{
    /// <summary>The position of the newest durable message.</summary>
    Task<LogPosition> GetHeadAsync(CancellationToken cancellationToken);

    /// <summary>The next messages after a position; null when the log cannot continue from there (<c>cursor-gap</c>).</summary>
    Task<EnvelopeRange?> ReadAsync(LogPosition after, CancellationToken cancellationToken);

    /// <summary>Waits before a read that brought nothing is repeated.</summary>
    Task PauseAsync(int attempt, CancellationToken cancellationToken);
}

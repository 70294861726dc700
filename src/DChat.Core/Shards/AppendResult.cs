namespace DChat.Core.Shards;

/// <summary>What became of one <see cref="ShardAppend"/>, and where the log keeps its messages.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Locations">
/// One for each message, in order, when <paramref name="Outcome"/> is <see cref="AppendOutcome.Durable"/>; else empty. Valid until
/// the writer's next append.
/// </param>
public readonly record struct AppendResult(AppendOutcome Outcome, ReadOnlyMemory<ulong> Locations)
{
    /// <summary>A batch of which nothing was kept, or of which that is unknown.</summary>
    /// <exception cref="ArgumentException">A durable batch has locations.</exception>
    public static AppendResult Not(AppendOutcome outcome) => outcome == AppendOutcome.Durable
        ? throw new ArgumentException("A durable batch has locations.", nameof(outcome))
        : new AppendResult(outcome, default);
}

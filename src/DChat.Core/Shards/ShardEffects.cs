namespace DChat.Core.Shards;

/// <summary>What follows from the outcome of an append.</summary>
/// <param name="Settled">The appends that have settled, by ticket ascending.</param>
/// <param name="Runs">The runs to hand to subscribers, in order of sequence; none unless the append is durable.</param>
/// <param name="StepDown">Whether somebody else writes the shard now, so that this writer must go.</param>
public sealed record ShardEffects(IReadOnlyList<SettledAppend> Settled, IReadOnlyList<MessageRun> Runs, bool StepDown);

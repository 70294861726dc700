using DChat.Abstractions.Messages;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Gateway.Push;

/// <summary>What became of one pushed envelope.</summary>
/// <param name="Number">Its number on the stream.</param>
/// <param name="Bytes">Its length, to be given back to the budgets when it is answered.</param>
/// <param name="Shard">Its shard; means nothing when it is rejected.</param>
/// <param name="Log">The log that holds it; means nothing when it is rejected.</param>
/// <param name="Message">Its id; means nothing when it is rejected.</param>
/// <param name="Result">Its sequences, or why it is rejected.</param>
internal readonly record struct PushOutcome(
    ulong Number, int Bytes, ShardId Shard, LogId Log, MessageId Message, PublishResult Result)
{
    public static PushOutcome Rejected(ulong number, int bytes, PublishResult result) => new(number, bytes, default, default, default, result);
}

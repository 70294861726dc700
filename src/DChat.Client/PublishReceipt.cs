using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Client;

/// <summary>Where an accepted message stands. The relay has it on stable storage.</summary>
/// <param name="MessageId">The message.</param>
/// <param name="Position">Its place in the shard's log; as a cursor, what comes after it.</param>
/// <param name="TopicSequence">Its dense sequence in its topic, from 1.</param>
/// <param name="IsDuplicate">Whether the relay had it already, such as from an attempt whose answer was lost.</param>
public readonly record struct PublishReceipt(MessageId MessageId, LogPosition Position, ulong TopicSequence, bool IsDuplicate);

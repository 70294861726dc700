using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>What a shard remembers of one message besides where it stands.</summary>
/// <param name="Id">The message.</param>
/// <param name="Topic">Its topic.</param>
/// <param name="Hlc">The author's timestamp.</param>
/// <param name="Class">Its retention class.</param>
/// <param name="Length">Envelope bytes, 1 to <see cref="EnvelopeLimits.MaxBytes"/>.</param>
/// <param name="Door">By which door its first copy came in.</param>
public readonly record struct IndexEntry(MessageId Id, TopicTag Topic, HybridTimestamp Hlc, RetentionClass Class, int Length, Door Door);

using DChat.Core.Shards;

namespace DChat.Storage.Azure.Log;

/// <summary>A message of a blob as it was read when the shard was opened.</summary>
internal readonly record struct LoggedMessage(IndexEntry Entry, ulong Sequence, uint TopicSequence, long Offset);

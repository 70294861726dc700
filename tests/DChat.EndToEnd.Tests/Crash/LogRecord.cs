using DChat.Core.Messages;
using DChat.Core.Sync;
using DChat.Core.Topics;

namespace DChat.EndToEnd.Tests.Crash;

/// <summary>One message as a shard has it.</summary>
internal sealed record LogRecord(LogPosition Position, ulong TopicSequence, TopicTag Topic, MessageId Id);

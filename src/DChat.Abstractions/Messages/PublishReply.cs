using DChat.Core.Shards;

namespace DChat.Abstractions.Messages;

/// <summary>One result for each envelope of the request, in order. Sent when all accepted ones are durable.</summary>
[GenerateSerializer, Immutable, Alias("dchat.PublishReply")]
public sealed class PublishReply(LogId log, PublishResult[] results)
{
    /// <summary>The log that the sequences belong to.</summary>
    [Id(0)]
    public LogId Log { get; } = log;

    /// <summary>The results.</summary>
    [Id(1)]
    public PublishResult[] Results { get; } = results;
}

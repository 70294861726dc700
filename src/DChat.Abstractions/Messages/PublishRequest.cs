using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Abstractions.Messages;

/// <summary>Envelopes a client asks the relay to keep, all of one shard.</summary>
[GenerateSerializer, Immutable, Alias("dchat.PublishRequest")]
public sealed class PublishRequest(ShardId shard, EnvelopeBatch envelopes)
{
    /// <summary>The shard that holds the envelopes' topics.</summary>
    [Id(0)]
    public ShardId Shard { get; } = shard;

    /// <summary>At most <see cref="EnvelopeBatch.MaxCount"/> envelopes and <see cref="EnvelopeBatch.MaxBytes"/> bytes.</summary>
    [Id(1)]
    public EnvelopeBatch Envelopes { get; } = envelopes;
}

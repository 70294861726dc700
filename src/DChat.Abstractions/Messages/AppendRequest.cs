using DChat.Core.Envelopes;

namespace DChat.Abstractions.Messages;

/// <summary>Admitted envelopes on their way into a shard. Only admission makes these: the shard does not verify again.</summary>
[GenerateSerializer, Immutable, Alias("dchat.AppendRequest")]
public sealed class AppendRequest(EnvelopeBatch envelopes, byte[] messageIds, Door door)
{
    /// <summary>At most <see cref="EnvelopeBatch.MaxCount"/> envelopes and <see cref="EnvelopeBatch.MaxBytes"/> bytes.</summary>
    [Id(0)]
    public EnvelopeBatch Envelopes { get; } = envelopes;

    /// <summary>The MessageIds back to back, 32 bytes each, so that nobody hashes twice.</summary>
    [Id(1)]
    public byte[] MessageIds { get; } = messageIds;

    /// <summary>By which door the batch came in.</summary>
    [Id(2)]
    public Door Door { get; } = door;
}

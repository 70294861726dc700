using DChat.Core.Clocks;
using DChat.Core.Topics;

namespace DChat.Core.Shards;

/// <summary>A shard without segments.</summary>
public sealed class NothingSealed : ISealedMessages
{
    private NothingSealed()
    {
    }

    /// <summary>The one instance.</summary>
    public static NothingSealed Instance { get; } = new();

    /// <inheritdoc/>
    public long Count => 0;

    /// <inheritdoc/>
    public ulong LastSequence => 0;

    /// <inheritdoc/>
    public HybridTimestamp LastHlc => default;

    /// <inheritdoc/>
    public bool KnowsTopics => false;

    /// <inheritdoc/>
    public bool MayHold(in IndexEntry entry) => false;

    /// <inheritdoc/>
    public bool TryFind(in IndexEntry entry, out StoredMessage message)
    {
        message = default;
        return false;
    }

    /// <inheritdoc/>
    public uint TopicHead(TopicTag topic) => 0;

    /// <inheritdoc/>
    public IReadOnlyList<StoredMessage> After(ulong sequence, int maxCount) => [];

    /// <inheritdoc/>
    public IReadOnlyList<StoredMessage> After(TopicTag topic, ulong sequence, int maxCount) => [];

    /// <inheritdoc/>
    public IReadOnlyList<SealedItems> Items => [];

    /// <inheritdoc/>
    public IReadOnlyList<StoredMessage> Find(IReadOnlySet<Bytes32> ids) => [];

    /// <inheritdoc/>
    public IReadOnlyList<string>? Verify(Bytes32 root) => null;

    /// <inheritdoc/>
    public StoredEnvelopes Read(IReadOnlyList<StoredMessage> messages) => new([], []);
}

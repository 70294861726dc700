using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace DChat.Abstractions.Streams;

/// <summary>An item on its way from the queue of a core silo to a subscriber, as Orleans carries it.</summary>
[GenerateSerializer, Immutable, Alias("dchat.ShardItemContainer")]
public sealed class ShardItemContainer(StreamId streamId, ShardItem item, long number) : IBatchContainer
{
    /// <inheritdoc/>
    [Id(0)]
    public StreamId StreamId { get; } = streamId;

    /// <summary>The item.</summary>
    [Id(1)]
    public ShardItem Item { get; } = item;

    /// <summary>Its number in the queue it came through, from 1; another queue counts anew.</summary>
    [Id(2)]
    public long Number { get; } = number;

    /// <inheritdoc/>
    public StreamSequenceToken SequenceToken => new EventSequenceTokenV2(Number);

    /// <inheritdoc/>
    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() =>
        Item is T item ? [Tuple.Create(item, SequenceToken)] : [];

    /// <inheritdoc/>
    public bool ImportRequestContext() => false;
}

using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Abstractions.Serialization;

/// <summary>How Core's value types travel through Orleans: Core itself knows no serializer.</summary>
[GenerateSerializer, Alias("dchat.TopicTagSurrogate")]
public struct TopicTagSurrogate
{
    /// <summary>The 16 bytes.</summary>
    [Id(0)]
    public byte[] Bytes { get; set; }
}

/// <inheritdoc cref="TopicTagSurrogate"/>
[GenerateSerializer, Alias("dchat.ShardIdSurrogate")]
public struct ShardIdSurrogate
{
    /// <summary>The shard number.</summary>
    [Id(0)]
    public ushort Value { get; set; }
}

/// <inheritdoc cref="TopicTagSurrogate"/>
[GenerateSerializer, Alias("dchat.ShardSetSurrogate")]
public struct ShardSetSurrogate
{
    /// <summary>One bit for each shard.</summary>
    [Id(0)]
    public byte[] Bytes { get; set; }
}

/// <inheritdoc cref="TopicTagSurrogate"/>
[GenerateSerializer, Alias("dchat.LogIdSurrogate")]
public struct LogIdSurrogate
{
    /// <summary>The id.</summary>
    [Id(0)]
    public Guid Value { get; set; }
}

/// <inheritdoc cref="TopicTagSurrogate"/>
[GenerateSerializer, Alias("dchat.LogPositionSurrogate")]
public struct LogPositionSurrogate
{
    /// <summary>The log.</summary>
    [Id(0)]
    public Guid Log { get; set; }

    /// <summary>The sequence.</summary>
    [Id(1)]
    public ulong Sequence { get; set; }
}

/// <inheritdoc cref="TopicTagSurrogate"/>
[GenerateSerializer, Alias("dchat.EpochIdSurrogate")]
public struct EpochIdSurrogate
{
    /// <summary>The number.</summary>
    [Id(0)]
    public ulong Value { get; set; }
}

/// <inheritdoc cref="TopicTagSurrogate"/>
[GenerateSerializer, Alias("dchat.HybridTimestampSurrogate")]
public struct HybridTimestampSurrogate
{
    /// <summary>The packed value.</summary>
    [Id(0)]
    public ulong Value { get; set; }
}

/// <inheritdoc cref="TopicTagSurrogate"/>
[GenerateSerializer, Alias("dchat.EnvelopeBatchSurrogate")]
public struct EnvelopeBatchSurrogate
{
    /// <summary>The envelopes back to back.</summary>
    [Id(0)]
    public byte[] Bytes { get; set; }

    /// <summary>The length of each.</summary>
    [Id(1)]
    public int[] Lengths { get; set; }
}

/// <inheritdoc cref="TopicTagSurrogate"/>
[GenerateSerializer, Alias("dchat.DChatExceptionSurrogate")]
public struct DChatExceptionSurrogate
{
    /// <summary>The stable code.</summary>
    [Id(0)]
    public string Code { get; set; }

    /// <summary>The sentence.</summary>
    [Id(1)]
    public string Message { get; set; }

    /// <summary>Whether the call may succeed later.</summary>
    [Id(2)]
    public bool IsTransient { get; set; }
}

/// <summary>Converts between the value types and their surrogates.</summary>
[RegisterConverter]
public sealed class CoreConverters :
    IConverter<TopicTag, TopicTagSurrogate>,
    IConverter<ShardId, ShardIdSurrogate>,
    IConverter<ShardSet, ShardSetSurrogate>,
    IConverter<LogId, LogIdSurrogate>,
    IConverter<LogPosition, LogPositionSurrogate>,
    IConverter<EpochId, EpochIdSurrogate>,
    IConverter<HybridTimestamp, HybridTimestampSurrogate>,
    IConverter<EnvelopeBatch, EnvelopeBatchSurrogate>,
    IConverter<DChatException, DChatExceptionSurrogate>
{
    /// <inheritdoc/>
    public TopicTag ConvertFromSurrogate(in TopicTagSurrogate surrogate) => new(surrogate.Bytes);

    /// <inheritdoc/>
    public TopicTagSurrogate ConvertToSurrogate(in TopicTag value)
    {
        var bytes = new byte[TopicTag.Length];
        value.CopyTo(bytes);
        return new TopicTagSurrogate { Bytes = bytes };
    }

    /// <inheritdoc/>
    public ShardId ConvertFromSurrogate(in ShardIdSurrogate surrogate) => new(surrogate.Value);

    /// <inheritdoc/>
    public ShardIdSurrogate ConvertToSurrogate(in ShardId value) => new() { Value = value.Value };

    /// <inheritdoc/>
    public ShardSet ConvertFromSurrogate(in ShardSetSurrogate surrogate) => ShardSet.FromBytes(surrogate.Bytes);

    /// <inheritdoc/>
    public ShardSetSurrogate ConvertToSurrogate(in ShardSet value) => new() { Bytes = value.Bytes.ToArray() };

    /// <inheritdoc/>
    public LogId ConvertFromSurrogate(in LogIdSurrogate surrogate) => new(surrogate.Value);

    /// <inheritdoc/>
    public LogIdSurrogate ConvertToSurrogate(in LogId value) => new() { Value = value.Value };

    /// <inheritdoc/>
    public LogPosition ConvertFromSurrogate(in LogPositionSurrogate surrogate) => new(new LogId(surrogate.Log), surrogate.Sequence);

    /// <inheritdoc/>
    public LogPositionSurrogate ConvertToSurrogate(in LogPosition value) => new() { Log = value.Log.Value, Sequence = value.Sequence };

    /// <inheritdoc/>
    public EpochId ConvertFromSurrogate(in EpochIdSurrogate surrogate) => new(surrogate.Value);

    /// <inheritdoc/>
    public EpochIdSurrogate ConvertToSurrogate(in EpochId value) => new() { Value = value.Value };

    /// <inheritdoc/>
    public HybridTimestamp ConvertFromSurrogate(in HybridTimestampSurrogate surrogate) => new(surrogate.Value);

    /// <inheritdoc/>
    public HybridTimestampSurrogate ConvertToSurrogate(in HybridTimestamp value) => new() { Value = value.Value };

    /// <inheritdoc/>
    public EnvelopeBatch ConvertFromSurrogate(in EnvelopeBatchSurrogate surrogate) => new(surrogate.Bytes, surrogate.Lengths);

    /// <inheritdoc/>
    public EnvelopeBatchSurrogate ConvertToSurrogate(in EnvelopeBatch value) => new() { Bytes = value.Bytes, Lengths = value.Lengths };

    /// <inheritdoc/>
    public DChatException ConvertFromSurrogate(in DChatExceptionSurrogate surrogate) =>
        new(surrogate.Code, surrogate.Message, surrogate.IsTransient);

    /// <inheritdoc/>
    public DChatExceptionSurrogate ConvertToSurrogate(in DChatException value) =>
        new() { Code = value.Code, Message = value.Message, IsTransient = value.IsTransient };
}

using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Abstractions.Messages;

/// <summary>Messages read back from a shard, oldest first.</summary>
[GenerateSerializer, Immutable, Alias("dchat.ReadReply")]
public sealed class ReadReply(
    ReadStatus status,
    LogPosition head,
    EnvelopeBatch envelopes,
    ulong[] sequences,
    ulong[] topicSequences,
    Door[] doors,
    ulong[]? holes = null)
{
    /// <summary>Whether the read could start where it was asked to.</summary>
    [Id(0)]
    public ReadStatus Status { get; } = status;

    /// <summary>The newest durable message of the shard at the time of the read.</summary>
    [Id(1)]
    public LogPosition Head { get; } = head;

    /// <summary>The envelopes; none at the head or after a gap.</summary>
    [Id(2)]
    public EnvelopeBatch Envelopes { get; } = envelopes;

    /// <summary>The shard sequence of each envelope, ascending.</summary>
    [Id(3)]
    public ulong[] Sequences { get; } = sequences;

    /// <summary>The topic sequence of each envelope.</summary>
    [Id(4)]
    public ulong[] TopicSequences { get; } = topicSequences;

    /// <summary>By which door each envelope came in.</summary>
    [Id(5)]
    public Door[] Doors { get; } = doors;

    /// <summary>
    /// The shard sequences, ascending, of messages that belong between these but whose stored bytes are damaged: another
    /// relay may have them. Reading goes on after the last of both.
    /// </summary>
    [Id(6)]
    public ulong[] Holes { get; } = holes ?? [];

    /// <summary>The sequence to go on after; null when there is nothing more up to <see cref="Head"/>.</summary>
    public ulong? Through => Sequences.Length + Holes.Length == 0 ? null : Math.Max(Sequences.LastOrDefault(), Holes.LastOrDefault());
}

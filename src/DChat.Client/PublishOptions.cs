using DChat.Core.Envelopes;

namespace DChat.Client;

/// <summary>How a message is sealed.</summary>
public sealed record PublishOptions
{
    /// <summary>Thirty days, composed now, no permit.</summary>
    public static PublishOptions Default { get; } = new();

    /// <summary>How long relays are asked to keep it. Default: 30 days, the most without a permit.</summary>
    public RetentionClass Retention { get; init; } = RetentionClass.ThirtyDays;

    /// <summary>When the user wrote it, which only members see. Default: null, the time of the call.</summary>
    public DateTimeOffset? ComposedAt { get; init; }

    /// <summary>What pays for a longer retention, at most <see cref="EnvelopeLimits.MaxPermitLength"/> bytes. Default: empty.</summary>
    public ReadOnlyMemory<byte> Permit { get; init; }

    /// <summary>The generation of the topic's keys to seal with. Default: 0, the first.</summary>
    public uint KeyGeneration { get; init; }
}

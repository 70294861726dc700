using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Core.Tests.Admission;

/// <summary>A pipeline with a clock to set and a caller to come as.</summary>
internal sealed class Doorway
{
    public static readonly AdmissionSource Caller = new(Door.Push, "caller");

    public static readonly ShardId Shard = Given.Topic.Tag.ShardOf(4);

    public Doorway(Action<AdmissionOptions>? configure = null)
    {
        var options = new AdmissionOptions();
        configure?.Invoke(options);
        Pipeline = new AdmissionPipeline(new NetworkOptions { Network = Given.Network }, options, Time);
    }

    public FakeTimeProvider Time { get; } = new(Given.Now);

    public AdmissionPipeline Pipeline { get; }

    public AdmissionResult Admit(byte[] envelope, AdmissionSource? source = null) => Pipeline.Admit(envelope, Shard, source ?? Caller);

    /// <summary>What <see cref="Admit"/> says against.</summary>
    public RejectionCode Offer(byte[] envelope, AdmissionSource? source = null) => Admit(envelope, source).Rejection;

    public static byte[] Forged(byte[] envelope)
    {
        var forged = (byte[])envelope.Clone();
        forged[^1] ^= 1;
        return forged;
    }
}

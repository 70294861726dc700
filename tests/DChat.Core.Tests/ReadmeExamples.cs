using DChat.Core.Admission;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Sealing;
using DChat.Core.Topics;

namespace DChat.Core.Tests;

/// <summary>The snippets of src/DChat.Core/README.md, which the repository tests compare with it.</summary>
public sealed class ReadmeExamples
{
    [Fact]
    public void Seal_admit_and_open()
    {
        using var device = DeviceSecret.Generate();
        var topic = Topic.CreatePrivate("dchat-dev", "tea"); // share it: TopicInvite.Create(topic)
        var clock = new HybridLogicalClock(TimeProvider.System);

        using var sealer = new EnvelopeSealer(device, topic);
        byte[] envelope = sealer.Seal(1, clock.Next(), RetentionClass.SevenDays, DateTimeOffset.UtcNow, "hello"u8);

        var admission = new AdmissionPipeline(new NetworkOptions(), new AdmissionOptions(), TimeProvider.System); // a relay
        var result = admission.Admit(envelope, topic.Tag.ShardOf(4), new AdmissionSource(Door.Push, "caller"));

        using var opener = new EnvelopeOpener(topic); // another member
        var opened = opener.Open(envelope);

        Assert.True(result.IsAdmitted);
        Assert.Equal("hello"u8, opened.Message!.Content.Span);
    }
}

using DChat.Core.Admission;
using DChat.Core.Clocks;
using DChat.Core.Identity;
using DChat.Core.Messages;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Messages;

public sealed class EnvelopeRoundTripTests
{
    [Fact]
    public void A_sealed_message_is_admitted_and_opens()
    {
        using var device = DeviceSecret.Generate();
        var topic = Topic.CreatePrivate("dchat-dev", "tea");
        using var sealer = new EnvelopeSealer(device, topic);
        using var opener = new EnvelopeOpener(topic);
        var envelope = sealer.Seal(1, new HybridLogicalClock(TimeProvider.System).Next(), RetentionClass.SevenDays, DateTimeOffset.UnixEpoch, "hello"u8);

        var pipeline = new AdmissionPipeline(new AdmissionOptions(), TimeProvider.System);
        var result = pipeline.Admit(envelope, topic.Tag.ShardOf(4), new AdmissionSource(MessageOrigin.Push, "me"));
        Assert.Equal(RejectionCode.None, result.Rejection);

        var opened = opener.Open(envelope);
        Assert.True(opened.IsOpened);
        Assert.Equal(device.PublicKey, opened.Message.DeviceKey);
        Assert.Equal("hello"u8, opened.Message.Content.Span);
        Assert.Equal(result.MessageId, opened.Message.MessageId);
    }
}

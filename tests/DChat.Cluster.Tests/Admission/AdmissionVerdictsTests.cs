using DChat.Abstractions.Admission;
using DChat.Abstractions.Messages;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Cluster.Tests.Admission;

public sealed class AdmissionVerdictsTests
{
    private static readonly AdmissionSource Source = new(Door.Push, "caller");

    [Fact]
    public void An_envelope_without_a_verdict_is_a_fault_and_nothing_goes_on()
    {
        ReadOnlyMemory<byte>[] envelopes = [new byte[1], new byte[2]];

        var fault = Assert.Throws<ArgumentException>(() => new AdmissionVerdicts(
            envelopes, [AdmissionResult.Rejected(RejectionCode.Stale), default], Source, shardBits: 4));

        Assert.StartsWith("Envelope 1 of 2 has no verdict.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_not_judged_neither_enters_a_batch_nor_becomes_an_answer()
    {
        var batch = new AdmittedBatch(new ShardId(1), Source);

        Assert.Throws<ArgumentException>(() => batch.Add(0, new byte[1], default));
        Assert.Throws<ArgumentException>(() => PublishResult.From(default(AdmissionResult)));
        Assert.Empty(batch.Envelopes);
    }
}

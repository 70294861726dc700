using CsCheck;
using DChat.Core.Envelopes;

namespace DChat.Core.Tests.Envelopes;

public sealed class EnvelopeBatchTests
{
    [Fact]
    public void Packed_envelopes_come_out_in_order_and_unchanged() =>
        Gen.Byte.Array[1, 50].Array[0, 10].Sample(
            envelopes =>
            {
                var batch = EnvelopeBatch.Pack([.. envelopes.Select(envelope => new ReadOnlyMemory<byte>(envelope))]);
                Assert.Equal(envelopes.Length, batch.Count);
                Assert.Equal(envelopes, batch.Envelopes.Select(envelope => envelope.ToArray()));
            },
            iter: 500);

    [Theory]
    [InlineData(3, new[] { 1, 1 })]
    [InlineData(3, new[] { 1, 3 })]
    [InlineData(3, new[] { 3, 0 })]
    [InlineData(3, new[] { 4, -1 })]
    [InlineData(0, new[] { int.MaxValue, int.MaxValue, 2 })]
    public void Lengths_that_do_not_fit_the_bytes_are_refused(int bytes, int[] lengths) =>
        Assert.Throws<ArgumentException>(() => new EnvelopeBatch(new byte[bytes], lengths));
}

using CsCheck;

namespace DChat.Core.Tests;

public sealed class Bytes32Tests
{
    private static readonly Gen<byte[]> Arrays = Gen.Byte[0, 3].Array[32];

    [Fact]
    public void Values_order_and_equal_as_their_bytes_do() => Gen.Select(Arrays, Arrays).Sample(
        (left, right) =>
        {
            var (a, b) = (new Bytes32(left), new Bytes32(right));
            Assert.Equal(Math.Sign(left.AsSpan().SequenceCompareTo(right)), Math.Sign(a.CompareTo(b)));
            Assert.Equal(left.AsSpan().SequenceEqual(right), a == b);
            Assert.Equal(a, new Bytes32(a.ToArray()));
            Assert.Equal(a, Bytes32.Parse(a.ToString()));
        },
        iter: 1_000);

    [Theory]
    [InlineData(31)]
    [InlineData(33)]
    public void Other_lengths_are_refused(int length)
    {
        Assert.Throws<ArgumentException>(() => new Bytes32(new byte[length]));
        Assert.False(Bytes32.TryParse(new string('0', 2 * length), out _));
    }
}

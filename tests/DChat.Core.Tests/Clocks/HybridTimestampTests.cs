using DChat.Core.Clocks;

namespace DChat.Core.Tests.Clocks;

public sealed class HybridTimestampTests
{
    [Fact]
    public void Milliseconds_and_counter_pack_into_64_bits()
    {
        var timestamp = HybridTimestamp.Create(HybridTimestamp.MaxMilliseconds, ushort.MaxValue);
        Assert.Equal(ulong.MaxValue, timestamp.Value);
        Assert.Equal(HybridTimestamp.MaxMilliseconds, timestamp.UnixMilliseconds);
        Assert.Equal(ushort.MaxValue, timestamp.Counter);
        Assert.Equal(0x0000_0000_0001_0002ul, HybridTimestamp.Create(1, 2).Value);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(HybridTimestamp.MaxMilliseconds + 1)]
    public void Milliseconds_that_need_more_than_48_bits_are_refused(long milliseconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => HybridTimestamp.Create(milliseconds, 0));

    [Fact]
    public void Time_orders_before_the_counter()
    {
        Assert.True(HybridTimestamp.Create(1, ushort.MaxValue) < HybridTimestamp.Create(2, 0));
        Assert.True(HybridTimestamp.Create(2, 1) > HybridTimestamp.Create(2, 0));
    }
}

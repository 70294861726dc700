using DChat.Silo.Hosting;

namespace DChat.Silo.Tests.Hosting;

public sealed class IgnoredSignalsTests
{
    [Theory]
    [InlineData("SigIgn:\t0000000000000001", true)]
    [InlineData("SigIgn:\t0000000000001001", true)]
    [InlineData("SigIgn:\t0000000000001000", false)]
    [InlineData("SigBlk:\t0000000000000001", false)]
    [InlineData("SigIgn:\tnonsense", false)]
    public void A_hangup_is_ignored_when_the_lowest_bit_of_the_ignored_signals_is_set(string line, bool isIgnored) =>
        Assert.Equal(isIgnored, IgnoredSignals.IncludeHangup(["Name:\tdotnet", line]));
}

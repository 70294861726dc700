using Xunit.Sdk;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>What a decoder must not do is noticed.</summary>
public sealed class FuzzerTests
{
    [Fact]
    public void A_decoder_that_throws_what_it_should_not_is_named_with_seed_and_input()
    {
        var fault = Assert.Throws<FailException>(() => Fuzzer.Run([[1, 2, 3]], input => throw new ArgumentException(Convert.ToHexString(input.Span))));
        Assert.Matches("^Seed [0-9]+, input 0, ([0-9A-F]*): System.ArgumentException: \\1", fault.Message);
    }

    [Fact]
    public void A_decoder_that_allocates_much_for_little_is_named()
    {
        var fault = Assert.Throws<FailException>(() => Fuzzer.Run([[1, 2, 3]], _ => GC.KeepAlive(new byte[1024 * 1024])));
        Assert.Matches("^Seed [0-9]+, input 0, [0-9A-F]* allocated more than 262144 bytes.$", fault.Message);
    }

    [Fact]
    public void A_decoder_may_refuse_every_input_and_hardly_ever_gets_the_same_twice()
    {
        const int Kept = 10_000;
        var (inputs, count) = (new HashSet<string>(Kept), 0);
        Fuzzer.Run([Pipes.Pattern(100)], input =>
        {
            if (count++ < Kept)
            {
                inputs.Add(Convert.ToHexString(input.Span));
            }

            throw new Libp2pException(Libp2pErrorCodes.Malformed, "No.");
        });
        Assert.InRange(inputs.Count, Kept * 8 / 10, Kept);
    }
}

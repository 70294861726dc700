using DChat.Abstractions.Flow;
using DChat.Core.Admission;
using DChat.Core.Envelopes;

namespace DChat.Gateway.Tests.Flow;

public sealed class BatchFormerTests
{
    private const long Linger = 20;

    private static readonly NetworkPrefix Someone = NetworkPrefix.Named("someone");

    private readonly BatchFormer<string> _former = new(maxCalls: 2, Linger);

    [Fact]
    public void What_finds_no_call_under_way_goes_at_once_and_what_comes_then_waits()
    {
        Add("a", now: 0);
        Assert.Equal(["a"], _former.TryTake(now: 0));

        Add("b", now: 5);
        Add("c", now: 6);
        Assert.Null(_former.TryTake(now: 6));

        _former.Returned();
        Assert.Equal(["b", "c"], _former.TryTake(now: 7));
    }

    [Fact]
    public void Nothing_waits_for_company_longer_than_the_linger()
    {
        Add("a", now: 0);
        _former.TryTake(now: 0);
        Add("b", now: 5);

        Assert.Equal(5 + Linger, _former.DueAt);
        Assert.Null(_former.TryTake(now: 5 + Linger - 1));
        Assert.Equal(["b"], _former.TryTake(now: 5 + Linger));
        Assert.Null(_former.DueAt);
    }

    [Fact]
    public void No_more_calls_are_under_way_than_may_be()
    {
        for (var i = 0; i < 3; i++)
        {
            Add("full", now: 0, messages: EnvelopeBatch.MaxCount);
        }

        Assert.NotNull(_former.TryTake(now: 0));
        Assert.NotNull(_former.TryTake(now: 0));
        Assert.Null(_former.TryTake(now: 10 * Linger));
        Assert.Null(_former.DueAt);
        _former.Returned();
        Assert.NotNull(_former.TryTake(now: 10 * Linger));
    }

    [Theory]
    [InlineData(EnvelopeBatch.MaxCount / 2, 1, 2)]
    [InlineData((EnvelopeBatch.MaxCount / 2) + 1, 1, 1)]
    [InlineData(1, EnvelopeBatch.MaxBytes / 2, 2)]
    [InlineData(1, (EnvelopeBatch.MaxBytes / 2) + 1, 1)]
    public void A_batch_has_256_messages_and_256_KiB_and_no_more(int messages, int bytes, int expected)
    {
        Add("a", now: 0, messages, bytes);
        Add("b", now: 0, messages, bytes);

        Assert.Equal(expected, _former.TryTake(now: 0)!.Count);
    }

    [Fact]
    public void A_network_that_floods_does_not_keep_another_out_of_the_next_batch()
    {
        for (var i = 0; i < 100; i++)
        {
            Add("flood", now: 0, messages: EnvelopeBatch.MaxCount / 4);
        }

        _former.Add(NetworkPrefix.Named("other"), "honest", messages: 1, bytes: 1, now: 0);

        Assert.Contains("honest", _former.TryTake(now: 0)!);
    }

    [Fact]
    public void Who_closes_takes_everything_that_waits_and_no_call_is_made_for_it()
    {
        Add("a", now: 0);
        Assert.NotNull(_former.TryTake(now: 0));
        Add("b", now: 1, messages: EnvelopeBatch.MaxCount);
        Add("c", now: 1);

        Assert.Equal(["b", "c"], _former.TakeAll());

        Assert.Null(_former.DueAt);
        Assert.Null(_former.TryTake(now: 100));
        Add("d", now: 100);
        Assert.Null(_former.TryTake(now: 100));
        Assert.Equal(["d"], _former.TryTake(now: 100 + Linger));
    }

    private void Add(string item, long now, int messages = 1, int bytes = 2000) => _former.Add(Someone, item, messages, bytes, now);
}

using CsCheck;
using DChat.Core.Admission;

namespace DChat.Core.Tests.Admission;

public sealed class QuotaTableTests
{
    private const int Burst = 100;
    private const int MaxTracked = 64;

    // 10 tokens a second at 1,000 ticks a second: a token is 100 ticks, a bucket 10,000.
    private readonly QuotaTable<int> _table = new(Options(), ticksPerSecond: 1000);

    [Fact]
    public void A_bucket_holds_its_burst_and_not_one_token_more()
    {
        Assert.True(_table.Holds(1, Burst, now: 0));
        Assert.False(_table.Holds(1, Burst + 1, now: 0));
        _table.Take(1, Burst, now: 0);
        Assert.False(_table.Holds(1, 1, now: 0));
        Assert.True(_table.Holds(2, Burst, now: 0));
    }

    [Fact]
    public void A_bucket_refills_at_the_rate_and_no_further_than_the_burst()
    {
        _table.Take(1, Burst, now: 0);
        Assert.False(_table.Holds(1, 1, now: 99));
        Assert.True(_table.Holds(1, 1, now: 100));
        Assert.False(_table.Holds(1, 2, now: 100));
        Assert.True(_table.Holds(1, Burst, now: 10_000));
        Assert.False(_table.Holds(1, Burst + 1, now: 1_000_000));
    }

    [Fact]
    public void Taking_more_than_there_is_leaves_an_empty_bucket_not_a_debt()
    {
        _table.Take(1, Burst, now: 0);
        _table.Take(1, Burst, now: 0);
        Assert.True(_table.Holds(1, 1, now: 100));
    }

    [Fact]
    public void Tokens_given_back_can_be_taken_again_and_fill_the_bucket_no_further()
    {
        _table.Take(1, Burst, now: 0);
        _table.Give(1, 10, now: 0);
        Assert.True(_table.Holds(1, 10, now: 0));
        Assert.False(_table.Holds(1, 11, now: 0));
        _table.Give(1, 10 * Burst, now: 0);
        Assert.True(_table.Holds(1, Burst, now: 0));
        Assert.False(_table.Holds(1, Burst + 1, now: 0));
    }

    [Fact]
    public void The_wait_is_over_when_the_bucket_holds_the_tokens_and_not_before()
    {
        _table.Take(1, Burst, now: 0);
        Assert.Equal(500, _table.WaitFor(1, 5, now: 0));
        Assert.Equal(1, _table.WaitFor(1, 5, now: 499));
        Assert.Equal(0, _table.WaitFor(1, 5, now: 500));
    }

    [Fact]
    public void The_table_never_holds_more_keys_than_it_may()
    {
        for (var key = 0; key < 50 * MaxTracked; key++)
        {
            _table.Take(key, Burst, now: key);
            Assert.InRange(_table.Count, 1, MaxTracked);
        }
    }

    [Fact]
    public void A_key_that_is_already_there_needs_no_room()
    {
        for (var key = 0; key < MaxTracked; key++)
        {
            _table.Take(key, 1, now: 0);
        }

        _table.Take(0, 1, now: 0);
        Assert.Equal(MaxTracked, _table.Count);
    }

    [Fact]
    public void Full_buckets_are_forgotten_before_any_other()
    {
        for (var key = 0; key < MaxTracked; key++)
        {
            _table.Take(key, tokens: 1 + (key % 2), now: 0);
        }

        _table.Take(-1, 1, now: 100); // the even ones are full by now

        Assert.Equal((MaxTracked / 2) + 1, _table.Count);
        Assert.All(Enumerable.Range(0, MaxTracked), key => Assert.Equal(key % 2 == 0, _table.Holds(key, Burst, now: 100)));
    }

    [Fact]
    public void A_flood_of_new_keys_does_not_make_a_drained_bucket_forgotten()
    {
        _table.Take(-1, Burst, now: 0);
        for (var key = 0; key < 100 * MaxTracked; key++)
        {
            _table.Take(key, 1, now: 0);
            Assert.False(_table.Holds(-1, 1, now: 0));
        }
    }

    [Fact]
    public void Draining_half_a_table_of_others_makes_a_drained_bucket_forgotten_and_lets_it_through()
    {
        for (var key = 0; key <= MaxTracked; key++)
        {
            _table.Take(key, Burst, now: 0);
        }

        Assert.True(_table.Holds(0, Burst, now: 0));
        Assert.Equal(1, _table.Count);
    }

    [Fact]
    public void While_there_is_room_any_history_is_judged_as_by_a_textbook_token_bucket()
    {
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 60], Gen.Int[0, 3000]).Array[1, 100].Sample(
            steps =>
            {
                var table = new QuotaTable<int>(Options(), ticksPerSecond: 1000);
                var tokens = Enumerable.Repeat((Amount: (double)Burst, At: 0), 4).ToArray();
                var now = 0;
                foreach (var (key, cost, wait) in steps)
                {
                    now += wait;
                    var amount = Math.Min(Burst, tokens[key].Amount + ((now - tokens[key].At) / 100.0));
                    var holds = table.Holds(key, cost, now);
                    Assert.Equal(amount >= cost - 1e-9, holds);
                    tokens[key] = (holds ? amount - cost : amount, now);
                    if (holds)
                    {
                        table.Take(key, cost, now);
                    }
                }
            },
            iter: 2_000);
    }

    private static QuotaOptions Options() => new() { TokensPerSecond = 10, Burst = Burst, MaxTracked = MaxTracked };
}

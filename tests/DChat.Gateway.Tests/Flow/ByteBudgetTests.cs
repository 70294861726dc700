using DChat.Abstractions.Flow;
using DChat.Core.Admission;

namespace DChat.Gateway.Tests.Flow;

public sealed class ByteBudgetTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_whole_budget_is_given_at_once_and_one_byte_more_waits()
    {
        var budget = new ByteBudget(10);
        await budget.AcquireAsync(10, Token);

        var waiting = budget.AcquireAsync(1, Token).AsTask();

        Assert.False(waiting.IsCompleted);
        Assert.False(budget.TryAcquire(1));
        Assert.Equal(10, budget.Held);
        budget.Release(1);
        await waiting;
        Assert.Equal(10, budget.Held);
    }

    [Fact]
    public async Task Who_comes_later_does_not_pass_who_waits_even_if_it_wants_less()
    {
        var budget = new ByteBudget(10);
        Assert.True(budget.TryAcquire(8));
        var large = budget.AcquireAsync(5, Token).AsTask();

        var small = budget.AcquireAsync(1, Token).AsTask();

        Assert.False(small.IsCompleted);
        Assert.False(budget.TryAcquire(1));
        budget.Release(3);
        await large;
        Assert.False(small.IsCompleted);
        budget.Release(5);
        await small;
        Assert.Equal(6, budget.Held);
    }

    [Fact]
    public async Task Who_gives_up_lets_those_behind_go_on()
    {
        var budget = new ByteBudget(10);
        Assert.True(budget.TryAcquire(8));
        using var giveUp = new CancellationTokenSource();
        var large = budget.AcquireAsync(5, giveUp.Token).AsTask();
        var small = budget.AcquireAsync(2, Token).AsTask();

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small;
        Assert.Equal(10, budget.Held);
    }

    [Fact]
    public async Task More_than_the_whole_budget_counts_as_all_of_it()
    {
        var budget = new ByteBudget(10);

        await budget.AcquireAsync(11, Token);

        Assert.Equal(10, budget.Held);
        budget.Release(11);
        Assert.Equal(0, budget.Held);
    }

    [Fact]
    public void A_budget_of_nothing_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new ByteBudget(0));

    [Fact]
    public async Task Networks_that_wait_are_served_in_turn_however_much_one_asks_for()
    {
        NetworkPrefix flood = NetworkPrefix.Named("flood"), honest = NetworkPrefix.Named("honest");
        var budget = new ByteBudget(10);
        await budget.AcquireAsync(10, Token, flood);
        var floods = Enumerable.Range(0, 100).Select(_ => budget.AcquireAsync(1, Token, flood).AsTask()).ToArray();
        var one = budget.AcquireAsync(1, Token, honest).AsTask();

        budget.Release(2, flood);

        await one;
        await Task.WhenAny(floods);
        Assert.Equal(1, floods.Count(waiting => waiting.IsCompleted));
    }

    [Fact]
    public async Task A_network_holds_its_share_and_no_more_while_others_are_served()
    {
        NetworkPrefix flood = NetworkPrefix.Named("flood"), honest = NetworkPrefix.Named("honest");
        var budget = new ByteBudget(10, share: 5);
        Assert.True(budget.TryAcquire(5, flood));
        var more = budget.AcquireAsync(1, Token, flood).AsTask();
        Assert.False(budget.TryAcquire(1, flood));

        Assert.True(budget.TryAcquire(5, honest));

        Assert.False(more.IsCompleted);
        budget.Release(1, flood);
        await more;
        Assert.Equal(10, budget.Held);
    }
}

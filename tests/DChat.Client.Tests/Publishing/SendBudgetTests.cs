using DChat.Client.Publishing;

namespace DChat.Client.Tests.Publishing;

public sealed class SendBudgetTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shares_are_granted_up_to_the_limit_and_wait_beyond()
    {
        var budget = new SendBudget(10);
        await budget.AcquireAsync(10, Token);

        var waiting = budget.AcquireAsync(1, Token).AsTask();
        Assert.False(waiting.IsCompleted);
        budget.Release(1);

        Assert.Equal(1, await waiting);
    }

    [Fact]
    public async Task Who_came_first_is_served_first_even_if_the_next_would_fit()
    {
        var budget = new SendBudget(10);
        await budget.AcquireAsync(8, Token);
        var large = budget.AcquireAsync(5, Token).AsTask();
        var small = budget.AcquireAsync(1, Token).AsTask();
        Assert.False(small.IsCompleted);

        budget.Release(8);

        await Task.WhenAll(large, small);
    }

    [Fact]
    public async Task A_share_larger_than_the_whole_takes_the_whole()
    {
        var budget = new SendBudget(10);

        var share = await budget.AcquireAsync(11, Token);

        Assert.Equal(10, share);
        Assert.False(budget.AcquireAsync(1, Token).AsTask().IsCompleted);
    }

    [Fact]
    public async Task Who_stops_waiting_makes_way()
    {
        var budget = new SendBudget(10);
        await budget.AcquireAsync(8, Token);
        using var cancel = new CancellationTokenSource();
        var large = budget.AcquireAsync(5, cancel.Token).AsTask();
        var small = budget.AcquireAsync(2, Token).AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small;
    }
}

using CsCheck;
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

    [Fact]
    public async Task What_is_still_being_read_for_the_network_that_reads_most_makes_room_for_one_who_holds_less()
    {
        NetworkPrefix mallory = NetworkPrefix.Named("mallory"), trudy = NetworkPrefix.Named("trudy"), honest = NetworkPrefix.Named("honest");
        var budget = new ByteBudget(10, share: 5);
        List<ByteBudget.Reading> announced = [];
        foreach (var prefix in new[] { mallory, mallory, mallory, mallory, mallory, trudy, trudy, trudy, trudy, trudy })
        {
            announced.Add(await budget.AcquireToReadAsync(1, Token, prefix));
        }

        // Both want more than their shares, and stand before the honest one.
        var more = new[] { mallory, trudy }.Select(prefix => budget.AcquireToReadAsync(1, Token, prefix).AsTask()).ToArray();
        Assert.All(more, waiting => Assert.False(waiting.IsCompleted));

        var room = budget.AcquireToReadAsync(2, Token, honest).AsTask();

        Assert.True(room.IsCompletedSuccessfully);
        using var kept = await room;
        Assert.True(kept.TryKeep());

        // Mallory gives two for the honest one, and asks for one more: that one Trudy gives, who reads more than Mallory now.
        Assert.Equal([0, 1, 5], announced.Index().Where(one => one.Item.Reclaimed.IsCancellationRequested).Select(one => one.Index));
        Assert.Equal([true, false], more.Select(waiting => waiting.IsCompleted));
        Assert.False(announced[0].TryKeep());
        announced[0].Dispose();
        Assert.Equal(10, budget.Held);
        budget.Release(2, honest);
        await Task.WhenAll(more);
        Assert.Equal(9, budget.Held);
    }

    [Fact]
    public async Task What_has_been_read_is_not_taken_back_and_who_asks_for_as_much_takes_nothing()
    {
        NetworkPrefix first = NetworkPrefix.Named("first"), second = NetworkPrefix.Named("second"), third = NetworkPrefix.Named("third");
        var budget = new ByteBudget(4, share: 2);
        using var kept = await budget.AcquireToReadAsync(2, Token, first);
        Assert.True(kept.TryKeep());
        using var reading = await budget.AcquireToReadAsync(2, Token, second);

        var asMuch = budget.AcquireToReadAsync(2, Token, third).AsTask();
        Assert.False(asMuch.IsCompleted);
        Assert.False(reading.Reclaimed.IsCancellationRequested);

        var less = budget.AcquireToReadAsync(1, Token, NetworkPrefix.Named("fourth")).AsTask();

        Assert.True(less.IsCompletedSuccessfully);
        Assert.True(reading.Reclaimed.IsCancellationRequested);
        Assert.False(kept.Reclaimed.IsCancellationRequested);
        Assert.False(asMuch.IsCompleted);
        Assert.Equal(3, budget.Held);
        budget.Release(2, first);
        using var room = await asMuch;
        Assert.Equal(3, budget.Held);
    }

    [Fact]
    public async Task A_reading_that_ends_early_gives_its_room_back_once()
    {
        var budget = new ByteBudget(4);
        var reading = await budget.AcquireToReadAsync(3, Token);

        reading.Dispose();
        reading.Dispose();

        Assert.Equal(0, budget.Held);
        Assert.False(reading.TryKeep());
    }

    [Fact]
    public void Whatever_networks_do_nothing_is_lost_nobody_is_forgotten_and_nobody_passes_a_share() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 5], Gen.Int[1, 6]).Array[1, 200].Sample(
            steps =>
            {
                var model = new ByteBudgetModel(capacity: 12, share: 6);
                foreach (var (network, action, bytes) in steps)
                {
                    model.Do(NetworkPrefix.Named($"{network}"), action, bytes);
                }

                model.End();
            });
}

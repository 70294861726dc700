using DChat.Abstractions.Flow;

namespace DChat.Gateway.Tests.Flow;

public sealed class FairQueueTests
{
    [Fact]
    public void Keys_take_turns_and_items_of_one_key_stay_in_order()
    {
        var queue = new FairQueue<string, string>(quantum: 1);
        foreach (var item in new[] { "a1", "a2", "a3", "b1", "b2", "c1" })
        {
            Assert.True(queue.TryEnqueue(item[..1], item, cost: 1));
        }

        Assert.Equal("a1 b1 c1 a2 b2 a3", Drain(queue));
    }

    [Fact]
    public void A_key_with_a_thousand_items_delays_another_by_one_turn()
    {
        var queue = new FairQueue<string, string>(quantum: 4);
        for (var i = 0; i < 1000; i++)
        {
            queue.TryEnqueue("flood", "flood", cost: 1);
        }

        queue.TryDequeue(out _);
        queue.TryEnqueue("honest", "honest", cost: 1);

        Assert.Equal("flood flood flood honest flood flood flood flood flood", string.Join(' ', Drain(queue).Split(' ')[..9]));
    }

    [Fact]
    public void Turns_go_by_cost_and_not_by_number()
    {
        var queue = new FairQueue<string, string>(quantum: 2);
        foreach (var i in Enumerable.Range(0, 4))
        {
            queue.TryEnqueue("large", "L", cost: 4);
            queue.TryEnqueue("small", "s", cost: 1);
        }

        Assert.Equal("s s L s s L L L", Drain(queue));
    }

    [Fact]
    public void A_key_that_comes_and_goes_saves_up_no_turns()
    {
        var queue = new FairQueue<string, string>(quantum: 10);
        for (var i = 0; i < 50; i++)
        {
            queue.TryEnqueue("idle", "i", cost: 1);
            queue.TryDequeue(out _);
        }

        queue.TryEnqueue("idle", "i", cost: 10);
        queue.TryEnqueue("idle", "i", cost: 10);
        queue.TryEnqueue("other", "o", cost: 10);

        Assert.Equal("i o i", Drain(queue));
    }

    [Fact]
    public void What_waits_of_one_key_is_bounded_and_other_keys_are_not_concerned()
    {
        var queue = new FairQueue<string, string>(quantum: 1, maxCostPerKey: 10);
        Assert.True(queue.TryEnqueue("a", "a", cost: 9));
        Assert.False(queue.TryEnqueue("a", "a", cost: 2));
        Assert.True(queue.TryEnqueue("a", "a", cost: 1));
        Assert.True(queue.TryEnqueue("b", "b", cost: 10));

        queue.TryDequeue(out _);

        Assert.Equal((2, 2), (queue.Count, queue.Keys));
    }

    [Fact]
    public void A_key_that_may_not_go_is_passed_over_and_keeps_its_place()
    {
        var queue = new FairQueue<string, string>(quantum: 1);
        queue.TryEnqueue("a", "a", cost: 1);
        queue.TryEnqueue("b", "b", cost: 1);

        Assert.True(queue.TryDequeue(out var item, (key, _) => key != "a"));
        Assert.Equal("b", item);
        Assert.False(queue.TryDequeue(out _, (_, _) => false));
        Assert.True(queue.TryDequeue(out item));
        Assert.Equal("a", item);
    }

    [Fact]
    public void An_item_that_is_taken_out_leaves_no_key_behind()
    {
        var queue = new FairQueue<string, string>(quantum: 1);
        queue.TryEnqueue("a", "a", cost: 1);

        Assert.False(queue.Remove("a", "b"));
        Assert.True(queue.Remove("a", "a"));

        Assert.Equal((0, 0), (queue.Count, queue.Keys));
        Assert.False(queue.TryDequeue(out _));
    }

    private static string Drain(FairQueue<string, string> queue)
    {
        List<string> items = [];
        while (queue.TryDequeue(out var item))
        {
            items.Add(item);
        }

        return string.Join(' ', items);
    }
}

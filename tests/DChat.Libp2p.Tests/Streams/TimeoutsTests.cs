using DChat.Libp2p.Streams;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Streams;

public sealed class TimeoutsTests
{
    [Fact]
    public void A_timeout_ends_at_its_time_and_not_before()
    {
        var time = new FakeTimeProvider();
        var timeouts = new Timeouts(time);
        using var running = timeouts.Start(TimeSpan.FromSeconds(10), CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromMilliseconds(1));
        Assert.False(running.Token.IsCancellationRequested);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(running.Token.IsCancellationRequested);
    }

    [Fact]
    public void A_source_that_has_not_ended_is_used_again_and_runs_no_more()
    {
        var timeouts = new Timeouts(TimeProvider.System);
        CancellationToken token;
        using (var first = timeouts.Start(TimeSpan.FromHours(1), CancellationToken.None))
        {
            token = first.Token;
        }

        Assert.Equal(1, timeouts.Kept);
        using var second = timeouts.Start(TimeSpan.FromHours(1), CancellationToken.None);
        Assert.Equal((token, 0), (second.Token, timeouts.Kept));
    }

    [Fact]
    public async Task The_callers_token_ends_its_own_timeout_and_none_that_comes_later()
    {
        var timeouts = new Timeouts(TimeProvider.System);
        using var early = new CancellationTokenSource();
        using (timeouts.Start(TimeSpan.FromHours(1), early.Token))
        {
            // Ends before its caller does.
        }

        using var later = timeouts.Start(TimeSpan.FromHours(1), CancellationToken.None);
        await early.CancelAsync();
        Assert.False(later.Token.IsCancellationRequested);

        using var caller = new CancellationTokenSource();
        using (var ended = timeouts.Start(TimeSpan.FromHours(1), caller.Token))
        {
            await caller.CancelAsync();
            Assert.True(ended.Token.IsCancellationRequested);
        }

        Assert.Equal(0, timeouts.Kept);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Only_so_many_sources_are_kept(int beyond)
    {
        var timeouts = new Timeouts(TimeProvider.System);
        var running = Enumerable.Range(0, Timeouts.MaxKept + beyond).Select(_ => timeouts.Start(TimeSpan.FromHours(1), CancellationToken.None)).ToArray();
        foreach (var timeout in running)
        {
            timeout.Dispose();
        }

        Assert.Equal(Timeouts.MaxKept, timeouts.Kept);
    }
}

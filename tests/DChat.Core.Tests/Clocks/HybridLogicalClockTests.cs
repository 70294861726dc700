using CsCheck;
using DChat.Core.Clocks;

namespace DChat.Core.Tests.Clocks;

public sealed class HybridLogicalClockTests
{
    private readonly SettableTime _time = new(Given.Now);
    private readonly HybridLogicalClock _clock;

    public HybridLogicalClockTests() => _clock = new HybridLogicalClock(_time);

    [Fact]
    public void The_first_timestamp_is_the_wall_clock() => Assert.Equal(Given.Hlc(), _clock.Next());

    [Fact]
    public void Timestamps_of_one_millisecond_differ_by_the_counter()
    {
        Assert.Equal(Given.Hlc(counter: 0), _clock.Next());
        Assert.Equal(Given.Hlc(counter: 1), _clock.Next());
        _time.Now += TimeSpan.FromMilliseconds(1);
        Assert.Equal(Given.Hlc(TimeSpan.FromMilliseconds(1)), _clock.Next());
    }

    [Fact]
    public void A_used_up_counter_carries_into_the_next_millisecond()
    {
        Assert.True(_clock.TryObserve(Given.Hlc(counter: ushort.MaxValue)));
        Assert.Equal(Given.Hlc(TimeSpan.FromMilliseconds(1), counter: 0), _clock.Next());
        Assert.Equal(Given.Hlc(TimeSpan.FromMilliseconds(1), counter: 1), _clock.Next());
    }

    [Fact]
    public void The_clock_counts_on_when_the_wall_clock_jumps_back()
    {
        var before = _clock.Next();
        _time.Now -= TimeSpan.FromHours(1);
        Assert.Equal(new HybridTimestamp(before.Value + 1), _clock.Next());
    }

    [Fact]
    public void A_wall_clock_before_1970_counts_from_zero()
    {
        _time.Now = DateTimeOffset.UnixEpoch.AddDays(-1);
        Assert.Equal(new HybridTimestamp(1), _clock.Next());
        Assert.Equal(new HybridTimestamp(2), _clock.Next());
    }

    [Fact]
    public void A_timestamp_5_seconds_ahead_is_followed_and_one_millisecond_more_is_not()
    {
        var limit = TimeSpan.FromSeconds(5);
        Assert.False(_clock.TryObserve(Given.Hlc(limit + TimeSpan.FromMilliseconds(1))));
        Assert.Equal(Given.Hlc(), _clock.Next());

        Assert.True(_clock.TryObserve(Given.Hlc(limit, counter: ushort.MaxValue)));
        Assert.True(_clock.Next() > Given.Hlc(limit, counter: ushort.MaxValue));
        Assert.False(_clock.TryObserve(new HybridTimestamp(ulong.MaxValue)));
    }

    [Fact]
    public void An_old_timestamp_is_observed_and_changes_nothing()
    {
        var before = _clock.Next();
        Assert.True(_clock.TryObserve(new HybridTimestamp(0)));
        Assert.Equal(new HybridTimestamp(before.Value + 1), _clock.Next());
    }

    [Fact]
    public void Whatever_happens_next_is_greater_than_everything_before_and_near_the_wall_clock_when_that_never_jumps_back()
    {
        // A step moves the wall clock by some milliseconds and then observes a timestamp some milliseconds away.
        var step = Gen.Select(Gen.Int[-200_000, 200_000], Gen.Int[-200_000, 200_000], Gen.UShort);
        step.Array[1, 50].Sample(
            steps =>
            {
                var time = new SettableTime(Given.Now);
                var clock = new HybridLogicalClock(time);
                var newest = new HybridTimestamp(0);
                var latestWall = time.Now;
                foreach (var (jump, distance, counter) in steps)
                {
                    time.Now += TimeSpan.FromMilliseconds(jump);
                    latestWall = time.Now > latestWall ? time.Now : latestWall;
                    var remote = HybridTimestamp.Create(time.Now.ToUnixTimeMilliseconds() + distance, counter);

                    Assert.Equal(distance <= 5_000, clock.TryObserve(remote));
                    newest = distance <= 5_000 && remote > newest ? remote : newest;
                    var next = clock.Next();

                    Assert.True(next > newest);
                    Assert.True(next.UnixMilliseconds >= time.Now.ToUnixTimeMilliseconds());
                    Assert.True(next.UnixMilliseconds <= latestWall.ToUnixTimeMilliseconds() + 5_001);
                    newest = next;
                }
            },
            iter: 2_000);
    }

    [Fact]
    public async Task Threads_never_get_the_same_timestamp()
    {
        const int Threads = 4;
        const int Each = 5_000;
        using var start = new Barrier(Threads);
        var workers = Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return Enumerable.Range(0, Each).Select(_ => _clock.Next().Value).ToArray();
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));

        var drawn = await Task.WhenAll(workers);

        Assert.Equal(Threads * Each, drawn.SelectMany(values => values).Distinct().Count());
        Assert.All(drawn, values => Assert.Equal(values.Order(), values));
    }

    // FakeTimeProvider refuses to go back; this wall clock is there to jump.
    private sealed class SettableTime(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

using DChat.Core;
using DChat.Grains.SyncShard;

namespace DChat.Cluster.Tests.SyncShard;

public sealed class SealedReadsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task As_many_questions_as_the_limit_are_asked_at_once_and_one_more_waits_until_another_is_answered()
    {
        using var reads = new SealedReads();
        using var started = new SemaphoreSlim(0);
        using var answered = new SemaphoreSlim(0);
        var asked = 0;
        var questions = Enumerable.Range(0, SealedReads.MaxAtOnce + 1).Select(i => reads.AskAsync(() =>
        {
            Interlocked.Increment(ref asked);
            started.Release();
            answered.Wait(Token);
            return i;
        })).ToList();
        for (var i = 0; i < SealedReads.MaxAtOnce; i++)
        {
            await started.WaitAsync(Token);
        }

        // Nobody holds up those who replay, and they hold up nobody.
        Assert.Equal(7, await reads.ReplayAsync(() => Task.FromResult(7), Token));
        Assert.Equal(SealedReads.MaxAtOnce, asked);

        answered.Release();
        await started.WaitAsync(Token);
        Assert.Equal(SealedReads.MaxAtOnce + 1, asked);
        answered.Release(SealedReads.MaxAtOnce);
        Assert.Equal(Enumerable.Range(0, SealedReads.MaxAtOnce + 1), await Task.WhenAll(questions));
    }

    [Fact]
    public async Task As_many_questions_as_the_limit_wait_and_one_more_is_refused()
    {
        using var reads = new SealedReads();
        using var answered = new SemaphoreSlim(0);
        var questions = Enumerable.Range(0, SealedReads.MaxAtOnce + SealedReads.MaxWaiting).Select(_ => reads.AskAsync(() => answered.Wait(Token))).ToList();

        var error = await Assert.ThrowsAsync<DChatException>(() => reads.AskAsync(() => 7));
        Assert.True(error is { Code: "overloaded", IsTransient: true });

        answered.Release(questions.Count);
        await Task.WhenAll(questions);
        Assert.Equal(7, await reads.AskAsync(() => 7));
    }

    [Fact]
    public async Task Whoever_appends_waits_for_no_reader_and_as_many_look_up_as_the_limit()
    {
        using var reads = new SealedReads();
        using var answered = new SemaphoreSlim(0);
        var questions = Enumerable.Range(0, SealedReads.MaxAtOnce + SealedReads.MaxWaiting).Select(_ => reads.AskAsync(() => answered.Wait(Token))).ToList();
        await Assert.ThrowsAsync<DChatException>(() => reads.AskAsync(() => 7));

        var isLookedUp = false;
        await reads.LookUpAsync(() => isLookedUp = true).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token);

        Assert.True(isLookedUp);
        var lookups = Enumerable.Range(0, SealedReads.MaxAtOnce + SealedReads.MaxWaiting).Select(_ => reads.LookUpAsync(() => answered.Wait(Token))).ToList();
        Assert.Equal("overloaded", (await Assert.ThrowsAsync<DChatException>(() => reads.LookUpAsync(() => { }))).Code);
        answered.Release(questions.Count + lookups.Count);
        await Task.WhenAll([.. questions, .. lookups]);
    }

    [Fact]
    public async Task Whoever_reconciles_holds_up_no_reader_and_strangers_no_partner()
    {
        using var reads = new SealedReads();
        using var started = new SemaphoreSlim(0);
        using var answered = new SemaphoreSlim(0);
        var (partners, strangers) = (0, 0);
        var questions = Enumerable.Range(0, 3 * SealedReads.MaxAtOnce).Select(_ => reads.ReconcileAsync(
            () =>
            {
                Interlocked.Increment(ref strangers);
                started.Release();
                answered.Wait(Token);
                return 0;
            },
            isStranger: true)).ToList();
        for (var i = 0; i < SealedReads.MaxStrangersAtOnce; i++)
        {
            await started.WaitAsync(Token);
        }

        Assert.Equal(7, await reads.ReconcileAsync(() => 7, isStranger: false).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token));
        questions.AddRange(Enumerable.Range(0, 3 * SealedReads.MaxAtOnce).Select(_ => reads.ReconcileAsync(
            () =>
            {
                Interlocked.Increment(ref partners);
                started.Release();
                answered.Wait(Token);
                return 0;
            },
            isStranger: false)));
        for (var i = 0; i < SealedReads.MaxReconcilingAtOnce; i++)
        {
            await started.WaitAsync(Token);
        }

        Assert.Equal(7, await reads.AskAsync(() => 7).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token));
        Assert.Equal((SealedReads.MaxReconcilingAtOnce, SealedReads.MaxStrangersAtOnce), (partners, strangers));
        answered.Release(questions.Count);
        await Task.WhenAll(questions);
    }

    [Fact]
    public async Task As_many_shards_as_the_limit_are_replayed_at_once_and_one_more_waits_and_a_fault_gives_its_place_free()
    {
        using var reads = new SealedReads();
        var failing = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var replays = Enumerable.Range(0, SealedReads.MaxReplaysAtOnce).Select(_ => reads.ReplayAsync(() => failing.Task, Token)).ToList();
        var next = reads.ReplayAsync(() => Task.FromResult(7), Token);
        await reads.AskAsync(() => { });
        Assert.False(next.IsCompleted);

        failing.SetException(new InvalidOperationException("The log is away."));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Task.WhenAll(replays));
        Assert.Equal(7, await next);
    }
}

using DChat.Core;

namespace DChat.Abstractions.Grains;

/// <summary>Exponential back-off with full jitter over the upper half of each step, so that clients do not return in step.</summary>
public sealed class RetryPolicy(TimeProvider time, TimeSpan callTimeout, Action? onRetry = null)
{
    internal static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    internal static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);
    private const int MaxDoublings = 16;

    /// <summary>How long to wait before try number <paramref name="attempt"/> + 2.</summary>
    public static TimeSpan DelayAfter(int attempt)
    {
        var step = Math.Min(MaxDelay.TotalMilliseconds, FirstDelay.TotalMilliseconds * (1 << Math.Min(attempt, MaxDoublings)));
        return TimeSpan.FromMilliseconds(step * (0.5 + (Random.Shared.NextDouble() / 2)));
    }

    /// <summary>Waits before try number <paramref name="attempt"/> + 2.</summary>
    public Task PauseAsync(int attempt, CancellationToken cancellationToken) =>
        PauseAsync(attempt, TimeSpan.Zero, cancellationToken);

    /// <summary>Waits before try number <paramref name="attempt"/> + 2, and at least as long as the relay asks for, up to <see cref="MaxDelay"/>.</summary>
    public Task PauseAsync(int attempt, TimeSpan atLeast, CancellationToken cancellationToken)
    {
        var delay = DelayAfter(attempt);
        var asked = atLeast < MaxDelay ? atLeast : MaxDelay;
        return Task.Delay(delay > asked ? delay : asked, time, cancellationToken);
    }

    /// <summary>Makes one attempt. One that takes too long is given up as unanswered; the cluster may carry it out all the same.</summary>
    public async Task<T> TryOnceAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().WaitAsync(callTimeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException late)
        {
            throw new DChatException(
                GrainFaults.UnavailableCode, $"The cluster did not answer within {callTimeout.TotalSeconds} s.", isTransient: true, late);
        }
    }

    /// <summary>Calls until it succeeds, fails for good, or a transient failure outlasts <paramref name="limit"/>.</summary>
    /// <param name="call">One attempt.</param>
    /// <param name="limit">How long to go on from now; null for ever.</param>
    /// <param name="cancellationToken">Stops waiting, also for an attempt under way.</param>
    public async Task<T> RunAsync<T>(Func<Task<T>> call, TimeSpan? limit, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await TryOnceAsync(call, cancellationToken).ConfigureAwait(false);
            }
            catch (DChatException failure) when (failure.IsTransient && (limit is null || time.GetElapsedTime(start) < limit))
            {
                onRetry?.Invoke();
                await PauseAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}

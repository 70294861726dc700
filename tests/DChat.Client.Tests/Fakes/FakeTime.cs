using Microsoft.Extensions.Time.Testing;

namespace DChat.Client.Tests.Fakes;

/// <summary>Drives fake time: the one place where tests let it pass.</summary>
internal static class FakeTime
{
    public static FakeTimeProvider Create() => new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    /// <summary>Lets time pass in steps until the task ends; timers set meanwhile fire as well.</summary>
    public static async Task<T> UntilAsync<T>(this FakeTimeProvider time, Task<T> task, TimeSpan step)
    {
        await time.UntilAsync((Task)task, step);
        return await task;
    }

    /// <inheritdoc cref="UntilAsync{T}"/>
    public static async Task UntilAsync(this FakeTimeProvider time, Task task, TimeSpan step)
    {
        await time.UntilAsync(() => task.IsCompleted, step);
        await task;
    }

    /// <summary>Lets time pass in steps until the condition holds.</summary>
    public static async Task UntilAsync(this FakeTimeProvider time, Func<bool> condition, TimeSpan step)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            time.Advance(step);
            await Task.Yield();
        }
    }

    /// <summary>Waits, without letting time pass, until the condition holds.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}

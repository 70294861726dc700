using DChat.Core;

namespace DChat.Storage.Azure.Log;

/// <summary>
/// Makes requests, each with a time limit, and repeats what may be repeated. The client's own retries are off: it cannot know that a
/// conditional request which was lost and sent again is refused because the first one was done.
/// </summary>
internal sealed class BlobCalls(AzureShardLogOptions options, TimeProvider time)
{
    private const int Doublings = 5;

    /// <summary>How often a request is made.</summary>
    public int Attempts => options.Attempts;

    /// <summary>The longest pause that the service may ask for while somebody waits.</summary>
    public TimeSpan MaxPause => options.MaxPause;

    /// <summary>Makes a request that does no harm when it is made twice.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="maxPause">Gives up when the service asks for a longer pause; null for none.</param>
    /// <exception cref="Exception">What the last attempt failed with, or a fault that another attempt would meet as well.</exception>
    public async Task<T> RepeatAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken, TimeSpan? maxPause = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            BlobFault fault;
            try
            {
                return await OnceAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (attempt < options.Attempts && !cancellationToken.IsCancellationRequested && e is not DChatException)
            {
                fault = BlobFault.Of(e);
                if (fault.Kind == BlobFaultKind.Refused || PauseAfter(attempt, fault) > maxPause)
                {
                    throw;
                }
            }

            await WaitAsync(PauseAfter(attempt, fault), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes a request once.</summary>
    /// <exception cref="TimeoutException">No answer came in time; the request may still be done.</exception>
    public async Task<T> OnceAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.AttemptTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            // A transport that does not listen must not hold up a shard.
            return await request(either.Token).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {options.AttemptTimeout.TotalSeconds:0.#} s", e);
        }
    }

    /// <summary>How long to wait before the next attempt: what the service asks for, but no less than a pause that doubles.</summary>
    public TimeSpan PauseAfter(int attempt, BlobFault fault)
    {
        var pause = options.Pause * (1 << Math.Min(attempt - 1, Doublings));
        return fault.RetryAfter is { } asked && asked > pause ? asked : pause;
    }

    /// <summary>Waits.</summary>
    public Task WaitAsync(TimeSpan pause, CancellationToken cancellationToken) => Task.Delay(pause, time, cancellationToken);
}

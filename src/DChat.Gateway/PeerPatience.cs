using DChat.Libp2p;

namespace DChat.Gateway;

/// <summary>Waits for a peer, but not for ever. A peer that takes too long is at fault, and not this program.</summary>
internal static class PeerPatience
{
    /// <summary>Waits until a task completes, at most for a limit.</summary>
    /// <exception cref="Libp2pException">It did not in time (<see cref="Libp2pErrorCodes.TimedOut"/>); the task goes on.</exception>
    public static async Task<T> WaitAsync<T>(Task<T> task, TimeSpan limit, string what, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await task.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new Libp2pException(Libp2pErrorCodes.TimedOut, $"The peer did not {what} within {limit.TotalSeconds} s.", isTransient: true, e);
        }
    }
}

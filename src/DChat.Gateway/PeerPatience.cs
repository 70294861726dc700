using DChat.Libp2p;

namespace DChat.Gateway;

/// <summary>Waits for a peer, but not for ever. A timeout is reported as a fault of the peer (<see cref="Libp2pException"/>).</summary>
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

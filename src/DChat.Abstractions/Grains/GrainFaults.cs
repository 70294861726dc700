using System.Net.Sockets;
using DChat.Core;

namespace DChat.Abstractions.Grains;

/// <summary>Tells failures of calls to grains apart.</summary>
public static class GrainFaults
{
    /// <summary>The code of <see cref="TranslateAsync"/>: the cluster did not carry a call.</summary>
    public const string UnavailableCode = "silo-unavailable";

    /// <summary>
    /// Whether the cluster failed to carry a call, which may pass: Orleans reports lost, refused and timed out calls under
    /// many types, and what a grain threw of its own is none of them. The call may have been carried out all the same.
    /// A cancellation is one of them: it is how Orleans says that a message expired before it found its silo. Who passes a
    /// token of his own looks at that first.
    /// </summary>
    public static bool MayPass(Exception failure) =>
        failure is OrleansException or TimeoutException or SocketException or IOException or OperationCanceledException;

    /// <summary>Makes a call; what may pass becomes a transient <see cref="DChatException"/>.</summary>
    /// <exception cref="DChatException">The cluster did not carry the call (<c>silo-unavailable</c>, transient), or the grain threw it.</exception>
    public static async Task<T> TranslateAsync<T>(Func<Task<T>> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception failure) when (MayPass(failure))
        {
            throw new DChatException(UnavailableCode, $"The cluster did not answer: {failure.Message}", isTransient: true, failure);
        }
    }
}

using System.Net.Sockets;

namespace DChat.Abstractions.Grains;

/// <summary>Tells failures of calls to grains apart.</summary>
public static class GrainFaults
{
    /// <summary>
    /// Whether the cluster failed to carry a call, which may pass: Orleans reports lost, refused and timed out calls under
    /// many types, and what a grain threw of its own is none of them. The call may have been carried out all the same.
    /// A cancellation is one of them: it is how Orleans says that a message expired before it found its silo. Who passes a
    /// token of his own looks at that first.
    /// </summary>
    public static bool MayPass(Exception failure) =>
        failure is OrleansException or TimeoutException or SocketException or IOException or OperationCanceledException;
}

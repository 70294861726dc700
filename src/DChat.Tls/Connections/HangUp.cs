using System.Security.Authentication;

namespace DChat.Tls.Connections;

/// <summary>Tells a connection that the other side closed from other faults of its first bytes.</summary>
internal static class HangUp
{
    // What Orleans says when the connection ends before the other side has told who it is.
    private const string EndedEarly = "Connection terminated prematurely";

    /// <summary>Whether the fault is such a connection. Orleans' TLS sends no alert, so there is nothing more to learn of it.</summary>
    public static bool Is(Exception fault) =>
        fault is IOException or AuthenticationException or OperationCanceledException or InvalidOperationException { Message: EndedEarly };
}

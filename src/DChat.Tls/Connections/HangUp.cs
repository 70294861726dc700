using System.Security.Authentication;

namespace DChat.Tls.Connections;

/// <summary>Tells a connection that the other side closed from other faults of its first bytes.</summary>
internal static class HangUp
{
    // What Orleans says when the connection ends before the other side has told who it is.
    private const string EndedEarly = "Connection terminated prematurely";

    // As OpenSSL tells which alert came.
    private const string Alert = " alert ";

    public static bool Is(Exception fault) =>
        fault is IOException or AuthenticationException or OperationCanceledException or InvalidOperationException { Message: EndedEarly };

    /// <summary>The alert of TLS behind the fault, such as " (unknown ca)"; empty where the system does not tell.</summary>
    public static string AlertIn(Exception fault)
    {
        for (var e = fault; e is not null; e = e.InnerException)
        {
            var start = e.Message.IndexOf(Alert, StringComparison.Ordinal);
            if (start >= 0)
            {
                return $" ({e.Message[(start + Alert.Length)..]})";
            }
        }

        return "";
    }
}

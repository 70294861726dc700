using System.Net;
using System.Net.Sockets;

namespace DChat.Testing.Processes;

/// <summary>
/// Hands out TCP ports on loopback that nobody listens on. They lie below the range from which systems take ports for
/// outgoing connections: a client that keeps dialling a port while its server restarts could otherwise be given that very
/// port, and connect to itself.
/// </summary>
public static class LoopbackPorts
{
    private const int First = 12_000;
    private const int Last = 29_999;

    private static int _next = Random.Shared.Next(First, Last + 1);

    public static int Take()
    {
        for (var attempt = First; attempt <= Last; attempt++)
        {
            var port = First + (Interlocked.Increment(ref _next) % (Last - First + 1));
            if (IsFree(port))
            {
                return port;
            }
        }

        throw new InvalidOperationException($"No port of {First}–{Last} is free on loopback.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

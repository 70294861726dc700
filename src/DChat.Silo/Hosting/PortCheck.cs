using System.Net;
using System.Net.Sockets;
using DChat.Silo.Configuration;

namespace DChat.Silo.Hosting;

/// <summary>
/// Tries the silo's ports before anything starts: the error can then name the option, and nothing has to be undone. A port
/// taken between the check and its use still fails the start, only less clearly.
/// </summary>
internal static class PortCheck
{
    /// <exception cref="PortInUseException">A port cannot be bound.</exception>
    public static void Run(SiloOptions options)
    {
        Try(nameof(SiloOptions.SiloPort), new IPEndPoint(IPAddress.Loopback, options.SiloPort));
        Try(nameof(SiloOptions.GatewayPort), new IPEndPoint(IPAddress.Loopback, options.GatewayPort));
        Try(nameof(SiloOptions.AdminEndpoint), options.AdminAddress);
    }

    private static void Try(string option, IPEndPoint endpoint)
    {
        try
        {
            using var listener = new TcpListener(endpoint);
            listener.Start();
        }
        catch (SocketException e)
        {
            var code = e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "port-in-use" : "port-unusable";
            throw new PortInUseException($"{code}: {SiloConfiguration.Section}:{option} is {endpoint}, which cannot be bound: {e.Message}.", e);
        }
    }
}

using System.Net;
using System.Net.Sockets;
using DChat.Core;
using DChat.Silo.Configuration;

namespace DChat.Silo.Hosting;

/// <summary>
/// Tries the silo's ports before anything starts: the error can then name the option, and nothing has to be undone. A port
/// taken between the check and its use still fails the start, only less clearly.
/// </summary>
internal static class PortCheck
{
    /// <exception cref="DChatException">A port cannot be bound (<c>port-in-use</c>, <c>port-unusable</c>).</exception>
    public static void Run(SiloOptions options)
    {
        Try("DChat:SiloPort", new IPEndPoint(IPAddress.Loopback, options.SiloPort));
        Try("DChat:GatewayPort", new IPEndPoint(IPAddress.Loopback, options.GatewayPort));
        Try("DChat:AdminEndpoint", options.AdminAddress);
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
            throw new DChatException(code, $"{option} is {endpoint}, which cannot be listened on: {e.Message}.", inner: e);
        }
    }
}

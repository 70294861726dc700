using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DChat.Abstractions.Placement;
using DChat.Core;
using DChat.Libp2p.Addresses;
using DChat.Silo.Configuration;

namespace DChat.Silo.Hosting;

/// <summary>
/// Tries the silo's ports before anything starts: the error can then name the option, and nothing has to be undone. A port
/// taken between the check and its use still fails the start, only less clearly.
/// </summary>
internal static class PortCheck
{
    /// <exception cref="DChatException">A port cannot be bound (<c>port-in-use</c>, <c>port-unusable</c>).</exception>
    public static void Run(SiloConfiguration configuration)
    {
        var options = configuration.Silo;
        var address = configuration.Membership.IPAddress;
        Try("DChat:Cluster:Address", new IPEndPoint(address, port: 0));
        Try("DChat:SiloPort", new IPEndPoint(address, options.SiloPort));
        Try("DChat:ClientPort", new IPEndPoint(address, options.ClientPort));
        Try("DChat:AdminEndpoint", options.AdminAddress);
        if (options.Role.IncludesEdge())
        {
            foreach (var endpoint in configuration.Gateway.Listen.Split(',').Select(TcpEndpointOf).OfType<IPEndPoint>())
            {
                Try("DChat:Libp2p:Listen", endpoint);
            }
        }
    }

    private static IPEndPoint? TcpEndpointOf(string address) =>
        Multiaddr.TryParse(address.Trim(), out var parsed)
        && parsed.Components is [var host, var port, ..]
        && IPAddress.TryParse(host.Text, out var ip)
        && port.Protocol == MultiaddrProtocol.Tcp
            ? new IPEndPoint(ip, int.Parse(port.Text, CultureInfo.InvariantCulture))
            : null;

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
            throw new DChatException(code, $"{option} is {endpoint}, which cannot be listened on: {e.Message}. Choose another with {Settings.Find(option)!.Switch}.", inner: e);
        }
    }
}

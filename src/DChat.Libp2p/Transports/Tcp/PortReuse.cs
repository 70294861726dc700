using System.Net;
using System.Net.Sockets;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports.Tcp;

/// <summary>Sockets that share a port: one that listens, and others that dial from it.</summary>
internal static class PortReuse
{
    /// <summary>Lets a socket that is not bound yet share its port. On Unix this is SO_REUSEPORT, among sockets of one user.</summary>
    internal static void Allow(Socket socket) => socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);

    /// <summary>Where to dial a target from; null when nothing is listened on from which it can be reached.</summary>
    internal static IPEndPoint? FindLocal(IEnumerable<IPEndPoint> listening, IPEndPoint target)
    {
        IPEndPoint[] candidates = [.. listening.Where(l => l.AddressFamily == target.AddressFamily && !l.Equals(target))];
        var isLoopback = AddressClasses.Of(target.Address) == AddressClass.Loopback;
        return candidates.FirstOrDefault(IsAny)
            ?? candidates.FirstOrDefault(l => (AddressClasses.Of(l.Address) == AddressClass.Loopback) == isLoopback);
    }

    /// <summary>Whether a dial failed because of the port that it was made from.</summary>
    internal static bool IsTaken(Exception? fault) => fault is SocketException
    {
        SocketErrorCode: SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable or SocketError.AccessDenied or SocketError.InvalidArgument
        or SocketError.OperationNotSupported,
    };

    private static bool IsAny(IPEndPoint endPoint) => endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any);
}

using System.Net;
using System.Net.Sockets;

namespace DChat.Tls.Tests.Connections;

/// <summary>Connections that say nothing.</summary>
internal sealed class Flood : IDisposable
{
    private readonly List<TcpClient> _connections = [];

    public async Task ConnectAsync(IPEndPoint endpoint, int count, CancellationToken cancellationToken)
    {
        for (var i = 0; i < count; i++)
        {
            var connection = new TcpClient();
            _connections.Add(connection);
            await connection.ConnectAsync(endpoint, cancellationToken);
        }
    }

    public void Dispose() => _connections.ForEach(connection => connection.Dispose());
}

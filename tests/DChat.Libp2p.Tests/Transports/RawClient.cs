using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Transports;

/// <summary>A socket that sends what a well-behaved client would not.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    /// <summary>Lines of a good request, without the empty one at its end.</summary>
    public const string GoodRequest =
        "GET / HTTP/1.1\r\nHost: example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

    private readonly TcpClient _client = new();

    private NetworkStream Stream => _client.GetStream();

    public static async Task<RawClient> ConnectAsync(Multiaddr listener)
    {
        var client = new RawClient();
        var port = int.Parse(listener.Components[1].Text, CultureInfo.InvariantCulture);
        await client._client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        return client;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public Task SendAsync(params byte[] bytes) => Stream.WriteAsync(bytes, TestContext.Current.CancellationToken).AsTask();

    /// <summary>The first line of the answer and all of it.</summary>
    public async Task<(string Status, string All)> AnswerAsync()
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await ReadAsync(one) == 1)
        {
            text.Append((char)one[0]);
        }

        var all = text.ToString();
        return (all.Split("\r\n")[0].Replace("HTTP/1.1 ", "", StringComparison.Ordinal), all);
    }

    /// <summary>Exactly so many bytes.</summary>
    public async Task<byte[]> TakeAsync(int count)
    {
        var bytes = new byte[count];
        await Stream.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken).AsTask().WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        return bytes;
    }

    /// <summary>Completes when the listener has closed the connection, whatever it says before.</summary>
    public async Task EndedAsync()
    {
        var rest = new byte[1024];
        while (await ReadAsync(rest) > 0)
        {
            // Until it ends.
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return default;
    }

    private async Task<int> ReadAsync(byte[] buffer)
    {
        try
        {
            return await Stream.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // A reset is an end, too.
            return 0;
        }
    }
}

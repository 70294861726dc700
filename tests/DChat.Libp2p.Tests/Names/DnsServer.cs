using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DChat.Libp2p.Tests.Names;

/// <summary>A DNS server on a loopback port that knows one host (RFC 1035, 4.1).</summary>
internal sealed class DnsServer : IDisposable
{
    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));

    public DnsServer() => EndPoint = (IPEndPoint)_socket.Client.LocalEndPoint!;

    public IPEndPoint EndPoint { get; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var question = await _socket.ReceiveAsync(cancellationToken);
                await _socket.SendAsync(Answer(question.Buffer), question.RemoteEndPoint, cancellationToken);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException or OperationCanceledException)
        {
            // The test is done.
        }
    }

    public void Dispose() => _socket.Dispose();

    private static byte[] Answer(byte[] question)
    {
        var end = 12;
        var labels = new List<string>();
        while (question[end] > 0)
        {
            labels.Add(Encoding.ASCII.GetString(question, end + 1, question[end]));
            end += 1 + question[end];
        }

        var type = BinaryPrimitives.ReadUInt16BigEndian(question.AsSpan(end + 1));
        byte[]? data = (string.Join('.', labels), type) switch
        {
            ("host.example", 1) => [8, 8, 4, 4],
            ("host.example", 28) => IPAddress.Parse("2606:4700::2").GetAddressBytes(),
            ("_dnsaddr.host.example", 16) => [8, .. "dnsaddr="u8, 18, .. "/ip4/1.1.1.1/tcp/1"u8],
            _ => null,
        };
        byte code = labels[0] == "missing" ? (byte)3 : labels[0] == "broken" ? (byte)2 : (byte)0;
        byte[] header = [question[0], question[1], 0x84, code, 0, 1, 0, (byte)(data is null ? 0 : 1), 0, 0, 0, 0];
        byte[] record = data is null ? [] : [0xc0, 12, 0, (byte)type, 0, 1, 0, 0, 0, 77, 0, (byte)data.Length, .. data];
        return [.. header, .. question[12..(end + 5)], .. record];
    }
}

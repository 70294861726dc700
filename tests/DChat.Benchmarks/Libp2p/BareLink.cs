using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace DChat.Benchmarks.Libp2p;

/// <summary>
/// The least that a secured stream over loopback TCP can cost: one thread encrypts blocks and sends them, another receives
/// and decrypts them. No frames, no windows, no copies, nothing that waits for anything else. What is faster than this is not
/// a connection.
/// </summary>
internal static class BareLink
{
    private const int BlockLength = 64 * 1024;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    /// <summary>Blocks that go to the socket in one call, as many as our Noise sends at once.</summary>
    private const int BlocksPerSend = 4;

    /// <summary>Milliseconds until so many bytes have arrived and are decrypted.</summary>
    public static async Task<double> MeasureAsync(long bytes)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await near.ConnectAsync(listener.LocalEndPoint!);
        using var far = await listener.AcceptAsync();
        var key = RandomNumberGenerator.GetBytes(32);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(
            Task.Factory.StartNew(() => Send(near, key, bytes), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default),
            Task.Factory.StartNew(() => Receive(far, key, bytes), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static void Send(Socket socket, byte[] key, long bytes)
    {
        using var cipher = new ChaCha20Poly1305(key);
        var (plain, secret, nonce) = (new byte[BlockLength], new byte[BlocksPerSend * (BlockLength + TagLength)], new byte[NonceLength]);
        for (long done = 0; done < bytes;)
        {
            for (var i = 0; i < BlocksPerSend; i++, done += BlockLength)
            {
                var block = secret.AsSpan(i * (BlockLength + TagLength), BlockLength + TagLength);
                BitConverter.TryWriteBytes(nonce, done);
                cipher.Encrypt(nonce, plain, block[..BlockLength], block[BlockLength..]);
            }

            for (var rest = secret.AsSpan(); !rest.IsEmpty;)
            {
                rest = rest[socket.Send(rest)..];
            }
        }
    }

    private static void Receive(Socket socket, byte[] key, long bytes)
    {
        using var cipher = new ChaCha20Poly1305(key);
        var (plain, secret, nonce) = (new byte[BlockLength], new byte[BlocksPerSend * (BlockLength + TagLength)], new byte[NonceLength]);
        for (long done = 0; done < bytes;)
        {
            for (var filled = 0; filled < secret.Length;)
            {
                filled += socket.Receive(secret.AsSpan(filled)) is > 0 and var read ? read : throw new UnreachableException();
            }

            for (var i = 0; i < BlocksPerSend; i++, done += BlockLength)
            {
                var block = secret.AsSpan(i * (BlockLength + TagLength), BlockLength + TagLength);
                BitConverter.TryWriteBytes(nonce, done);
                cipher.Decrypt(nonce, block[..BlockLength], block[BlockLength..], plain);
            }
        }
    }
}

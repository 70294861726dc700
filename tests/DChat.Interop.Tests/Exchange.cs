using System.Security.Cryptography;
using DChat.Libp2p.Streams;

namespace DChat.Interop.Tests;

/// <summary>What went to an echo and what came back.</summary>
/// <param name="Bytes">How many bytes came back.</param>
/// <param name="Sent">SHA-256 of what was sent, in lower-case hex.</param>
/// <param name="Received">SHA-256 of what came back.</param>
internal sealed record Exchange(long Bytes, string Sent, string Received)
{
    private const int ChunkLength = 64 * 1024;

    /// <summary>Sends pseudo-random bytes, reads at the same time, and ends our half when all is sent.</summary>
    public static async Task<Exchange> RunAsync(Libp2pStream stream, long bytes, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(JsProcess.Patience);
        var receiving = ReceiveAsync(stream, patience.Token);
        var sending = SendAsync(stream, bytes, patience.Token);

        // Whichever fails says why; the other would only say that the stream has ended.
        await await Task.WhenAny(receiving, sending);
        var (count, received) = await receiving;
        return new Exchange(count, await sending, received);
    }

    /// <summary>Fails unless <paramref name="bytes"/> bytes came back, the same as were sent.</summary>
    public void AssertComplete(long bytes)
    {
        Assert.Equal(bytes, Bytes);
        Assert.Equal(Sent, Received);
    }

    private static async Task<string> SendAsync(Libp2pStream stream, long bytes, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var random = new Random(7);
        var chunk = new byte[ChunkLength];
        for (var left = bytes; left > 0; left -= ChunkLength)
        {
            var part = chunk.AsMemory(0, (int)Math.Min(left, ChunkLength));
            random.NextBytes(part.Span);
            hash.AppendData(part.Span);
            await stream.Output.WriteAsync(part, cancellationToken);
        }

        await stream.CloseWriteAsync(cancellationToken);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async Task<(long Count, string Hash)> ReceiveAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long count = 0;
        while (true)
        {
            var result = await stream.Input.ReadAsync(cancellationToken);
            foreach (var segment in result.Buffer)
            {
                hash.AppendData(segment.Span);
                count += segment.Length;
            }

            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return (count, Convert.ToHexStringLower(hash.GetHashAndReset()));
            }
        }
    }
}

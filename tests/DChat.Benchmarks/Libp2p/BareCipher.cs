using System.Diagnostics;
using System.Security.Cryptography;

namespace DChat.Benchmarks.Libp2p;

/// <summary>
/// ChaCha20-Poly1305 of .NET and nothing else: every byte is encrypted once and decrypted once, in blocks of 64 KiB, on a
/// thread each, as the two ends of a stream do.
/// </summary>
internal static class BareCipher
{
    private const int BlockLength = 64 * 1024;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    /// <summary>Milliseconds until so many bytes have gone both ways through the cipher.</summary>
    public static async Task<double> MeasureAsync(long bytes)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Task.Run(() => Encrypt(key, bytes)), Task.Run(() => Decrypt(key, bytes)));
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static void Encrypt(byte[] key, long bytes)
    {
        using var cipher = new ChaCha20Poly1305(key);
        var (plain, secret, tag, nonce) = (new byte[BlockLength], new byte[BlockLength], new byte[TagLength], new byte[NonceLength]);
        for (long done = 0; done < bytes; done += BlockLength)
        {
            BitConverter.TryWriteBytes(nonce, done);
            cipher.Encrypt(nonce, plain, secret, tag);
        }
    }

    private static void Decrypt(byte[] key, long bytes)
    {
        using var cipher = new ChaCha20Poly1305(key);
        var (plain, secret, tag, nonce) = (new byte[BlockLength], new byte[BlockLength], new byte[TagLength], new byte[NonceLength]);
        cipher.Encrypt(nonce, plain, secret, tag);
        for (long done = 0; done < bytes; done += BlockLength)
        {
            cipher.Decrypt(nonce, secret, tag, plain);
        }
    }
}

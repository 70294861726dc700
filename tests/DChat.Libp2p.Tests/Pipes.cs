using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Transports.Memory;

namespace DChat.Libp2p.Tests;

/// <summary>Crossed pipes and shorthand to move bytes through them.</summary>
internal static class Pipes
{
    public static (ITransportConnection Dialer, ITransportConnection Listener) CreatePair() =>
        MemoryConnection.CreatePair(Multiaddr.Parse("/memory/a"), Multiaddr.Parse("/memory/b"));

    public static async Task WriteHexAsync(this PipeWriter output, string hex) => await output.WriteAsync(Convert.FromHexString(hex));

    public static async Task WriteTextAsync(this PipeWriter output, string text) => await output.WriteAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>Exactly so many bytes; fails when the pipe ends before.</summary>
    public static async Task<byte[]> ReadExactlyAsync(this PipeReader input, int length)
    {
        var result = await input.ReadAtLeastAsync(length, TestContext.Current.CancellationToken);
        Assert.True(result.Buffer.Length >= length, $"Only {result.Buffer.Length} of {length} bytes came.");
        var bytes = result.Buffer.Slice(0, length).ToArray();
        input.AdvanceTo(result.Buffer.GetPosition(length));
        return bytes;
    }

    /// <summary>Everything up to the end.</summary>
    public static async Task<byte[]> ReadToEndAsync(this PipeReader input)
    {
        var all = new ArrayBufferWriter<byte>();
        while (true)
        {
            var result = await input.ReadAsync(TestContext.Current.CancellationToken);
            foreach (var segment in result.Buffer)
            {
                all.Write(segment.Span);
            }

            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return all.WrittenSpan.ToArray();
            }
        }
    }

    public static async Task<string> ReadTextToEndAsync(this PipeReader input) => Encoding.ASCII.GetString(await input.ReadToEndAsync());

    /// <summary>Ends this side's part of a stream for good: what still arrives is dropped.</summary>
    public static async ValueTask CloseAsync(this IMuxedStream stream)
    {
        await stream.FinishWritingAsync();
        await stream.Input.CompleteAsync();
    }

    /// <summary>Bytes that are not all alike.</summary>
    public static byte[] Pattern(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)((i * 31) ^ (i >> 8) ^ (i >> 16));
        }

        return bytes;
    }
}

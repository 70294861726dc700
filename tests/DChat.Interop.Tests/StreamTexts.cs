using System.Text;
using DChat.Libp2p.Streams;

namespace DChat.Interop.Tests;

/// <summary>Reads and writes streams as Latin-1 text: a character is a byte.</summary>
internal static class StreamTexts
{
    public static async Task WriteTextAsync(this Libp2pStream stream, string text) =>
        await stream.Output.WriteAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken);

    /// <summary>Exactly so many characters; fails when the stream ends before.</summary>
    public static async Task<string> ReadTextAsync(this Libp2pStream stream, int length)
    {
        var result = await stream.Input.ReadAtLeastAsync(length, TestContext.Current.CancellationToken);
        var text = Encoding.Latin1.GetString(result.Buffer.Slice(0, Math.Min(length, result.Buffer.Length)));
        stream.Input.AdvanceTo(result.Buffer.GetPosition(text.Length));
        Assert.Equal(length, text.Length);
        return text;
    }

    /// <summary>All that comes until the peer ends its half.</summary>
    public static async Task<string> ReadTextToEndAsync(this Libp2pStream stream)
    {
        var all = new StringBuilder();
        while (true)
        {
            var result = await stream.Input.ReadAsync(TestContext.Current.CancellationToken);
            all.Append(Encoding.Latin1.GetString(result.Buffer));
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return all.ToString();
            }
        }
    }
}

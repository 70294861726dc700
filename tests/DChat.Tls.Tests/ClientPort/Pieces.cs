using System.Buffers;

namespace DChat.Tls.Tests.ClientPort;

/// <summary>Bytes as a connection may bring them: one by one.</summary>
internal sealed class Pieces : ReadOnlySequenceSegment<byte>
{
    public static ReadOnlySequence<byte> Of(byte[] bytes)
    {
        if (bytes.Length == 0)
        {
            return default;
        }

        var first = new Pieces { Memory = bytes.AsMemory(0, 1) };
        var last = first;
        for (var i = 1; i < bytes.Length; i++)
        {
            var next = new Pieces { Memory = bytes.AsMemory(i, 1), RunningIndex = i };
            last.Next = next;
            last = next;
        }

        return new ReadOnlySequence<byte>(first, 0, last, 1);
    }
}

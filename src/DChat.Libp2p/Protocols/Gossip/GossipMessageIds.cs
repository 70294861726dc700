using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>Functions that name messages.</summary>
public static class GossipMessageIds
{
    /// <summary>Bytes of an id made by <see cref="OfContent"/>.</summary>
    public const int ContentIdLength = 20;

    /// <summary>The first 20 bytes of SHA-256(topic ‖ data): the default without signatures. Whoever names a message so holds its content.</summary>
    public static GossipMessageId OfContent(string topic, ReadOnlySpan<byte> data, ReadOnlySpan<byte> from, ReadOnlySpan<byte> sequence)
    {
        ArgumentNullException.ThrowIfNull(topic);
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(topic.Length) + data.Length);
        var prefix = Encoding.UTF8.GetBytes(topic, buffer);
        data.CopyTo(buffer.AsSpan(prefix));
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer.AsSpan(0, prefix + data.Length), digest);
        ArrayPool<byte>.Shared.Return(buffer);
        return new GossipMessageId(digest[..ContentIdLength]);
    }

    /// <summary>Author ‖ sequence number: the default with signatures, as in go (pubsub/README.md, "Message Identification").</summary>
    public static GossipMessageId OfAuthor(string topic, ReadOnlySpan<byte> data, ReadOnlySpan<byte> from, ReadOnlySpan<byte> sequence) =>
        new([.. from, .. sequence]);
}

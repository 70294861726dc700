using System.Buffers.Binary;
using DChat.Core.Keys;

namespace DChat.Core.Topics;

/// <summary>
/// What an author's keys and certificate are bound to: topic tag (16) ‖ key generation (4, big-endian) ‖ author key (32).
/// </summary>
internal static class AuthorContext
{
    public const int Length = GenerationLength + Bytes32.Length;

    /// <summary>The length without the author key, for what the author key itself derives from.</summary>
    public const int GenerationLength = TopicTag.Length + sizeof(uint);

    public static void Write(Span<byte> context, TopicTag topic, uint keyGeneration, AuthorKey author)
    {
        WriteGeneration(context, topic, keyGeneration);
        author.Value.CopyTo(context[GenerationLength..]);
    }

    public static void WriteGeneration(Span<byte> context, TopicTag topic, uint keyGeneration)
    {
        topic.CopyTo(context);
        BinaryPrimitives.WriteUInt32BigEndian(context[TopicTag.Length..], keyGeneration);
    }
}

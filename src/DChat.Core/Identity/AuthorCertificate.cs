using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Core.Identity;

/// <summary>
/// A device's signature over an <see cref="AuthorContext"/>: its statement that the author key is its own. Bound to topic
/// and generation, it proves nothing anywhere else.
/// </summary>
internal static class AuthorCertificate
{
    public static byte[] Create(DeviceSecret device, TopicTag topic, uint keyGeneration, AuthorKey author)
    {
        Span<byte> context = stackalloc byte[AuthorContext.Length];
        AuthorContext.Write(context, topic, keyGeneration, author);
        var certificate = new byte[LabelledSignature.Length];
        device.Sign(KeyLabels.AuthorCertificate, context, certificate);
        return certificate;
    }

    public static bool Verify(
        ReadOnlySpan<byte> certificate, DeviceKey device, TopicTag topic, uint keyGeneration, AuthorKey author)
    {
        Span<byte> context = stackalloc byte[AuthorContext.Length];
        AuthorContext.Write(context, topic, keyGeneration, author);
        return LabelledSignature.Verify(device.Value, KeyLabels.AuthorCertificate, context, certificate);
    }
}

using System.Text;
using DChat.Core.Sealing;

namespace DChat.Cli.Input;

/// <summary>The message of a command line.</summary>
internal static class MessageText
{
    public const string EmptyCode = "message-empty";
    public const string TooLongCode = "message-too-long";
    public const string NotUtf8Code = "not-utf8";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Its bytes.</summary>
    /// <exception cref="UsageException">It is empty, too long, or holds half of a character.</exception>
    public static byte[] ToBytes(string text)
    {
        if (text.Length == 0)
        {
            throw Empty();
        }

        byte[] bytes;
        try
        {
            bytes = Strict.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            throw new UsageException(NotUtf8Code, "The message holds half of a character (a lone surrogate) and cannot be sent as text: pipe it in and send it with --binary.");
        }

        return bytes.Length <= EnvelopeSealer.MaxContentLength
            ? bytes
            : throw new UsageException(
                TooLongCode,
                $"The message has {bytes.Length} bytes; a message may have {EnvelopeSealer.MaxContentLength} at most. Nothing was sent: split it.");
    }

    /// <summary>The error of a message without content: more likely a variable that was not set than something to say.</summary>
    public static UsageException Empty() => new(EmptyCode, "The message is empty. Nothing was sent: dchat sends no empty messages.");
}

using System.Globalization;
using System.Text;

namespace DChat.Core.Topics;

/// <summary>
/// The rule for topic names. A name is compared as its UTF-8 bytes, without normalisation: what looks alike may differ.
/// </summary>
internal static class TopicName
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The name as UTF-8; null with the reason in <paramref name="error"/> when it breaks the rule.</summary>
    public static byte[]? TryEncode(string name, out string? error)
    {
        error = Check(name);
        return error is null ? StrictUtf8.GetBytes(name) : null;
    }

    /// <summary>The name that the UTF-8 bytes spell; null with the reason in <paramref name="error"/> when they break the rule.</summary>
    public static string? TryDecode(ReadOnlySpan<byte> utf8, out string? error)
    {
        if (!System.Text.Unicode.Utf8.IsValid(utf8))
        {
            error = "The topic name is not valid UTF-8.";
            return null;
        }

        var name = Encoding.UTF8.GetString(utf8);
        error = Check(name);
        return error is null ? name : null;
    }

    private static string? Check(string name)
    {
        var length = 0;
        for (var i = 0; i < name.Length; i += Rune.GetRuneAt(name, i).Utf16SequenceLength)
        {
            if (!Rune.TryGetRuneAt(name, i, out var rune))
            {
                return "A topic name must not contain half a surrogate pair.";
            }

            if (Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                return "A topic name must not contain control characters or line breaks.";
            }

            length += rune.Utf8SequenceLength;
        }

        if (length is 0 or > Topic.MaxNameLength)
        {
            return $"A topic name is 1 to {Topic.MaxNameLength} bytes of UTF-8, got {length}.";
        }

        return char.IsWhiteSpace(name[0]) || char.IsWhiteSpace(name[^1])
            ? "A topic name must not start or end with white space."
            : null;
    }
}

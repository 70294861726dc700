using System.Buffers;
using System.Text;

namespace DChat.Core.Topics;

/// <summary>
/// The rule for network names: 1 to <see cref="MaxLength"/> of <c>a–z 0–9 - . _</c>, the first a
/// letter or digit. Names stand in gossip topics, grain keys and file names, so nothing there needs escaping.
/// </summary>
public static class NetworkName
{
    /// <summary>The longest network name in ASCII characters.</summary>
    public const int MaxLength = 32;

    /// <summary>The rule in words, for errors.</summary>
    public const string Rule = "1 to 32 of a-z, 0-9, '-', '.' and '_', starting with a letter or digit";

    private static readonly SearchValues<byte> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-._"u8);

    /// <summary>Whether the bytes are a network name in ASCII.</summary>
    public static bool IsValid(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxLength
        && char.IsAsciiLetterOrDigit((char)name[0])
        && !name.ContainsAnyExcept(Allowed);

    /// <summary>Whether the text is a network name.</summary>
    public static bool IsValid(string? name) => name is not null && Ascii.IsValid(name) && IsValid(Encoding.ASCII.GetBytes(name));

    internal static byte[] Encode(string network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return IsValid(network)
            ? Encoding.ASCII.GetBytes(network)
            : throw new ArgumentException(
                $"A network name is {Rule}.",
                nameof(network));
    }
}

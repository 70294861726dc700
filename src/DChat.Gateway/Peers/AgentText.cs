using System.Globalization;
using System.Text;
using DChat.Abstractions.Messages;

namespace DChat.Gateway.Peers;

/// <summary>Makes what a peer calls itself fit to be shown.</summary>
internal static class AgentText
{
    /// <summary>
    /// The text without control, format and line characters, cut to <see cref="PeerDescription.MaxAgentVersionLength"/>
    /// characters, never within a pair of surrogates; null when nothing is left.
    /// </summary>
    public static string? Clean(string? text)
    {
        var clean = new StringBuilder();
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            if (IsShown(rune))
            {
                if (clean.Length + rune.Utf16SequenceLength > PeerDescription.MaxAgentVersionLength)
                {
                    break;
                }

                clean.Append(rune);
            }
        }

        return clean.Length == 0 ? null : clean.ToString();
    }

    private static bool IsShown(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}

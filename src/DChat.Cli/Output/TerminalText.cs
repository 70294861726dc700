using System.Globalization;
using System.Text;

namespace DChat.Cli.Output;

/// <summary>
/// Makes text of others fit for a terminal. Control characters would move the cursor, rename the window or paste into the
/// shell; format characters turn the direction of what follows. They are shown, not obeyed.
/// </summary>
internal static class TerminalText
{
    /// <summary>The text on one line, with every control, format and line character written as an escape.</summary>
    public static string Sanitize(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == '\n')
            {
                safe.Append("\\n");
            }
            else if (rune.Value == '\t')
            {
                safe.Append("\\t");
            }
            else if (IsUnsafe(rune))
            {
                safe.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            }
            else
            {
                safe.Append(rune);
            }
        }

        return safe.ToString();
    }

    // Joiners hold emoji and several scripts together and move nothing.
    private static bool IsUnsafe(Rune rune) => rune.Value is not (0x200c or 0x200d) && Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
}

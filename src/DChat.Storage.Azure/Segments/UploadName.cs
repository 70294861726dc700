using System.Globalization;

namespace DChat.Storage.Azure.Segments;

/// <summary>
/// Names one sealing of one owner: its blobs are in a folder of their own, <c>term-number</c>, the term with ten digits and the number with
/// six. No other sealing writes or names what is in there, so what no manifest names can be deleted however late that is done.
/// </summary>
/// <param name="Term">The owner's term, from 1.</param>
/// <param name="Number">From 1, one more with each sealing of the term.</param>
internal readonly record struct UploadName(ulong Term, uint Number)
{
    /// <summary>Reads the name of a folder; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out UploadName name)
    {
        name = default;
        var dash = text.IndexOf('-');
        if (dash < 0
            || !ulong.TryParse(text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var term)
            || !uint.TryParse(text[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        name = new UploadName(term, number);
        return text.SequenceEqual(name.ToString());
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Term:D10}-{Number:D6}");
}

using DChat.Repository.Tests.Tree;

namespace DChat.Repository.Tests;

/// <summary>A fenced block of a Markdown file: where its first line stands, from 1, and its lines without shared indentation.</summary>
internal sealed record Snippet(int Line, string Language, IReadOnlyList<string> Lines)
{
    private const string Fence = "```";

    public static IEnumerable<Snippet> In(TextFile markdown)
    {
        for (var i = 0; i < markdown.Lines.Count; i++)
        {
            var opening = markdown.Lines[i].TrimStart();
            if (!opening.StartsWith(Fence, StringComparison.Ordinal))
            {
                continue;
            }

            var body = markdown.Lines.Skip(i + 1).TakeWhile(line => line.Trim() != Fence).ToList();
            yield return new Snippet(i + 2, opening[Fence.Length..].Trim(), Unindent(body));
            i += body.Count + 1;
        }
    }

    /// <summary>
    /// Whether the file holds these lines in one piece, at any indentation. Leading usings may stand elsewhere in it, since
    /// C# keeps them at the top.
    /// </summary>
    public bool OccursIn(TextFile source)
    {
        var usings = Lines.TakeWhile(line => line.Length == 0 || IsUsing(line)).ToList();
        var body = Lines.Skip(usings.Count).ToList();
        return usings.Where(IsUsing).All(source.Lines.Contains)
            && Enumerable.Range(0, Math.Max(0, source.Lines.Count - body.Count + 1))
                .Any(start => Unindent(source.Lines.Skip(start).Take(body.Count)).SequenceEqual(body));
    }

    private static bool IsUsing(string line) =>
        line.StartsWith("using ", StringComparison.Ordinal) && !line.Contains('=') && !line.Contains('(');

    private static List<string> Unindent(IEnumerable<string> lines)
    {
        var trimmed = lines.Select(line => line.TrimEnd()).ToList();
        var indent = trimmed.Where(line => line.Length > 0).Select(line => line.Length - line.TrimStart().Length).DefaultIfEmpty().Min();
        return [.. trimmed.Select(line => line.Length > 0 ? line[indent..] : line)];
    }
}

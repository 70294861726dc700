using System.Text.RegularExpressions;

namespace DChat.Repository.Tests.Tree;

/// <summary>A file of the working tree: its path from the root, with forward slashes, and its lines; a binary file has none.</summary>
public sealed record TextFile(string Path, IReadOnlyList<string> Lines)
{
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The folder it lies in; empty at the root.</summary>
    public string Folder => Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('/')] : "";

    /// <summary>Source a person wrote: C# that no tool generates.</summary>
    public bool IsSource =>
        Path.EndsWith(".cs", StringComparison.Ordinal)
        && !Path.EndsWith("Generated.cs", StringComparison.Ordinal)
        && !Path.EndsWith(".g.cs", StringComparison.Ordinal);

    public static TextFile Of(string path, string text) =>
        new(path, text.Length == 0 ? [] : text.TrimStart('\uFEFF').ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'));

    public bool IsUnder(params string[] folders) =>
        folders.Any(folder => Path.StartsWith(folder + "/", StringComparison.Ordinal));

    /// <summary>One finding per match within a line.</summary>
    public IEnumerable<Finding> Find(Regex pattern, Func<Match, string> message) =>
        from line in Lines.Index()
        from match in pattern.Matches(line.Item)
        select new Finding(Path, line.Index + 1, message(match));
}

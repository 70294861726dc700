namespace DChat.Repository.Tests.Tree;

/// <summary>Something a rule found: the file, the line from 1 (0 for the whole file), and what to do about it.</summary>
public sealed record Finding(string Path, int Line, string Message)
{
    public static void AssertNone(IEnumerable<Finding> findings)
    {
        var lines = findings.Select(finding => finding.ToString()).Distinct().ToList();
        Assert.True(lines.Count == 0, string.Join('\n', lines));
    }

    public override string ToString() => Line > 0 ? $"{Path}:{Line}: {Message}" : $"{Path}: {Message}";
}

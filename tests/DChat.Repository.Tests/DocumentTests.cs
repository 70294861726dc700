using System.Text.RegularExpressions;
using DChat.Repository.Tests.Tree;

namespace DChat.Repository.Tests;

public sealed partial class DocumentTests
{
    [Fact]
    public void Every_csharp_snippet_of_a_readme_stands_in_a_compiled_test() =>
        Finding.AssertNone(UncompiledSnippets(RepositoryTree.Current));

    [Theory]
    [InlineData("await client.PublishAsync();\n\nDone();", true)]
    [InlineData("using DChat.Client;\n\nawait client.PublishAsync();", true)]
    [InlineData("using DChat.Missing;\n\nawait client.PublishAsync();", false)]
    [InlineData("await client.PublishAsync();\nDone();", false)]
    [InlineData("await client.Publish();", false)]
    public void A_snippet_must_stand_in_the_test_word_for_word(string snippet, bool found)
    {
        var tree = RepositoryTree.Of(
            ("src/X/README.md", $"1. A list:\n\n   ```csharp\n{Indent(snippet, 3)}\n   ```\n"),
            ("tests/X.Tests/X.Tests.csproj", "<Project />"),
            ("tests/X.Tests/ReadmeExamples.cs", $"using DChat.Client;\n\n{Indent("await client.PublishAsync();\n\nDone();", 8)}\n"));

        Assert.Equal(found ? [] : [4], UncompiledSnippets(tree).Select(finding => finding.Line));
    }

    [Fact]
    public void Projects_and_scripts_that_a_readme_runs_exist() => Finding.AssertNone(MissingTargets(RepositoryTree.Current));

    [Theory]
    [InlineData("dotnet run --project src/X -- --help", 0)]
    [InlineData("dotnet run --project=src/X/X.csproj", 0)]
    [InlineData("dotnet run -c Release --project src/Y", 1)]
    [InlineData("bash tests/run.sh --rounds 5", 0)]
    [InlineData("bash tests/missing.sh", 1)]
    [InlineData("bash knows arrays", 0)]
    public void A_readme_that_runs_what_is_not_there_is_found(string command, int findings)
    {
        var tree = RepositoryTree.Of(
            ("README.md", $"```sh\n{command}\n```\nor `{command}`"), ("src/X/X.csproj", "<Project />"), ("tests/run.sh", "true"));

        Assert.Equal(findings * 2, MissingTargets(tree).Count());
    }

    [Fact]
    public void Links_of_a_readme_into_the_repository_lead_somewhere() => Finding.AssertNone(BrokenLinks(RepositoryTree.Current));

    [Theory]
    [InlineData("[a](../Y/Y.cs)", 0)]
    [InlineData("[a](../Y#part)", 0)]
    [InlineData("[a](https://example.org/x)", 0)]
    [InlineData("[a](#part)", 0)]
    [InlineData("[a](Y.cs)", 1)]
    [InlineData("[a](../Y) and [b](Y.cs)", 1)]
    [InlineData("[a](../../../Y.cs)", 1)]
    public void A_link_that_leads_nowhere_is_found(string link, int findings) =>
        Assert.Equal(findings, BrokenLinks(RepositoryTree.Of(("src/X/README.md", link), ("src/Y/Y.cs", ""))).Count());

    [Fact]
    public void The_changelog_has_a_section_for_what_is_not_released() =>
        Assert.Contains(RepositoryTree.Current.Get("CHANGELOG.md").Lines, line => Unreleased().IsMatch(line));

    private static IEnumerable<Finding> UncompiledSnippets(RepositoryTree tree)
    {
        var compiled = tree.Projects
            .Where(project => project.Folder.StartsWith("tests/", StringComparison.Ordinal))
            .SelectMany(tree.FilesOf)
            .Where(file => file.IsSource)
            .ToList();
        return
            from readme in tree.Readmes
            from snippet in Snippet.In(readme)
            where snippet.Language is "csharp" or "cs" or "c#"
            where !compiled.Any(snippet.OccursIn)
            select new Finding(
                readme.Path, snippet.Line, "this snippet is in no project of tests; copy it word for word to a ReadmeExamples.cs there.");
    }

    private static IEnumerable<Finding> MissingTargets(RepositoryTree tree) =>
        from readme in tree.Readmes
        from finding in readme.Find(RunsFile(), match => match.Groups["path"].Value)
        where !tree.Has(finding.Message)
        select finding with { Message = $"{finding.Message} does not exist; correct the path (from the root of the repository)." };

    private static IEnumerable<Finding> BrokenLinks(RepositoryTree tree) =>
        from readme in tree.Readmes
        from finding in readme.Find(Link(), match => match.Groups["path"].Value)
        where Resolve(readme.Folder, finding.Message) is not { } path || !tree.Has(path)
        select finding with { Message = $"the link to {finding.Message} leads nowhere; correct it." };

    /// <summary>The path from the root, or null if it leaves the repository.</summary>
    private static string? Resolve(string folder, string link)
    {
        var path = new Stack<string>(folder.Split('/', StringSplitOptions.RemoveEmptyEntries));
        foreach (var part in link.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."))
        {
            if (part != "..")
            {
                path.Push(part);
            }
            else if (!path.TryPop(out _))
            {
                return null;
            }
        }

        return string.Join('/', path.Reverse());
    }

    private static string Indent(string text, int columns) =>
        string.Join('\n', text.Split('\n').Select(line => line.Length > 0 ? new string(' ', columns) + line : line));

    [GeneratedRegex(@"(--project[ =](\./)?(?<path>[\w./-]+?)/?|\bbash (\./)?(?<path>[\w./-]+\.sh))(?=[\s`'"")]|$)")]
    private static partial Regex RunsFile();

    [GeneratedRegex(@"\]\((?!\w+:)(?<path>[^)#\s]+)(#[^)]*)?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^## \[?Unreleased\b")]
    private static partial Regex Unreleased();
}

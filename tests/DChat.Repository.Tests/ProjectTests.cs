using DChat.Repository.Tests.Tree;

namespace DChat.Repository.Tests;

public sealed class ProjectTests
{
    // Which projects of src a project of src may reference: the arrows of the design's picture, upwards never.
    private static readonly Dictionary<string, string[]> AllowedReferences = new()
    {
        ["DChat.Core"] = [],
        ["DChat.Libp2p"] = [],
        ["DChat.Abstractions"] = ["DChat.Core"],
        ["DChat.Tls"] = ["DChat.Core", "DChat.Abstractions"],
        ["DChat.Storage"] = ["DChat.Core", "DChat.Abstractions"],
        ["DChat.Storage.Azure"] = ["DChat.Core", "DChat.Abstractions", "DChat.Storage"],
        ["DChat.Grains"] = ["DChat.Core", "DChat.Abstractions"],
        ["DChat.Feeds"] = ["DChat.Core", "DChat.Abstractions"],
        ["DChat.Client"] = ["DChat.Core", "DChat.Abstractions", "DChat.Feeds", "DChat.Tls"],
        ["DChat.Dashboard"] = ["DChat.Core", "DChat.Abstractions"],
        ["DChat.Gateway"] = ["DChat.Core", "DChat.Abstractions", "DChat.Libp2p"],
        ["DChat.Federation"] = ["DChat.Core", "DChat.Abstractions", "DChat.Libp2p"],
        ["DChat.Silo"] =
        [
            "DChat.Core", "DChat.Abstractions", "DChat.Storage", "DChat.Storage.Azure", "DChat.Grains", "DChat.Feeds", "DChat.Gateway",
            "DChat.Federation", "DChat.Dashboard", "DChat.Tls",
        ],
        ["DChat.Cli"] = ["DChat.Core", "DChat.Abstractions", "DChat.Client", "DChat.Storage", "DChat.Tls"],
    };

    private static readonly string[] ProjectsWithoutClocks = ["DChat.Core", "DChat.Grains", "DChat.Libp2p", "DChat.Gateway", "DChat.Federation"];

    [Fact]
    public void Projects_reference_only_what_the_design_allows() =>
        Finding.AssertNone(ForbiddenReferences(RepositoryTree.Current));

    [Theory]
    [InlineData("src/DChat.Core", "DChat.Abstractions", "may not reference DChat.Abstractions")]
    [InlineData("src/DChat.Grains", "DChat.Storage", "may not reference DChat.Storage")]
    [InlineData("src/DChat.Libp2p", "DChat.Core", "may not reference DChat.Core")]
    [InlineData("src/DChat.Silo", "DChat.Testing", "may not reference DChat.Testing")]
    [InlineData("src/DChat.Novel", "DChat.Core", "add it to AllowedReferences")]
    public void A_reference_against_the_arrows_is_found(string folder, string reference, string expected)
    {
        var finding = Assert.Single(ForbiddenReferences(RepositoryTree.Of(Project(folder, reference))));

        Assert.Contains(expected, finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("src/DChat.Grains", "DChat.Abstractions")]
    [InlineData("tests/DChat.Novel.Tests", "DChat.Silo")]
    public void A_reference_along_the_arrows_is_allowed(string folder, string reference) =>
        Assert.Empty(ForbiddenReferences(RepositoryTree.Of(Project(folder, reference))));

    [Fact]
    public void The_solution_holds_every_project()
    {
        var solution = string.Join('\n', RepositoryTree.Current.Get("DChat.Orleans.sln").Lines);

        Finding.AssertNone(
            from project in RepositoryTree.Current.Projects
            where !solution.Contains($"\"{project.Path.Replace('/', '\\')}\"", StringComparison.Ordinal)
            select new Finding(project.Path, 0, $"is not in the solution; run `dotnet sln DChat.Orleans.sln add {project.Path}`."));
    }

    [Fact]
    public void Package_versions_are_central() =>
        Finding.AssertNone(
            from project in RepositoryTree.Current.Projects
            from reference in project.PackageReferences
            where reference.HasVersion
            select new Finding(project.Path, reference.Line, $"sets a version of {reference.Name}; move it to Directory.Packages.props."));

    [Fact]
    public void Every_project_of_src_has_a_readme() =>
        Finding.AssertNone(
            from project in RepositoryTree.Current.Projects
            where project.Path.StartsWith("src/", StringComparison.Ordinal)
            where RepositoryTree.Current.TryGet($"{project.Folder}/README.md") is null
            select new Finding(project.Path, 0, "has no README.md beside it; write what it is for, its folders and how to use it."));

    [Fact]
    public void The_editorconfig_is_the_root_one() =>
        Assert.Contains("root = true", RepositoryTree.Current.Get(".editorconfig").Lines);

    [Fact]
    public void Banned_symbols_apply_where_time_and_randomness_come_from_outside()
    {
        Assert.NotEmpty(RepositoryTree.Current.Get("BannedSymbols.txt").Lines);
        var targets = System.Xml.Linq.XDocument.Parse(string.Join('\n', RepositoryTree.Current.Get("Directory.Build.targets").Lines));
        var conditions = targets.Descendants("AdditionalFiles")
            .Where(file => ((string?)file.Attribute("Include"))?.EndsWith("BannedSymbols.txt", StringComparison.Ordinal) == true)
            .Where(file => file.Parent!.Elements("PackageReference").Any(package =>
                (string?)package.Attribute("Include") == "Microsoft.CodeAnalysis.BannedApiAnalyzers"))
            .Select(file => (string?)file.Parent!.Attribute("Condition") ?? "")
            .ToList();

        Finding.AssertNone(
            from project in ProjectsWithoutClocks
            where !conditions.Any(condition => condition.Contains($"'$(MSBuildProjectName)' == '{project}'", StringComparison.Ordinal))
            select new Finding(
                "Directory.Build.targets", 0, $"does not apply BannedSymbols.txt to {project}; name it in the condition."));
    }

    private static IEnumerable<Finding> ForbiddenReferences(RepositoryTree tree)
    {
        foreach (var project in tree.Projects.Where(project => !project.Path.StartsWith("tests/", StringComparison.Ordinal)))
        {
            if (!AllowedReferences.TryGetValue(project.Name, out var allowed))
            {
                yield return new Finding(
                    project.Path, 0, "is a new project; add it to AllowedReferences in ProjectTests.cs with what it may reference.");
                continue;
            }

            foreach (var (name, line) in project.ProjectReferences.Where(reference => !allowed.Contains(reference.Name)))
            {
                yield return new Finding(
                    project.Path, line, $"{project.Name} may not reference {name}; move what it needs to a project below both.");
            }
        }
    }

    private static (string Path, string Text) Project(string folder, string reference) =>
        ($"{folder}/{Path.GetFileName(folder)}.csproj",
        $"""<Project><ItemGroup><ProjectReference Include="..\{reference}\{reference}.csproj" /></ItemGroup></Project>""");
}

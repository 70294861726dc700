using System.Text.RegularExpressions;
using DChat.Repository.Tests.Tree;

namespace DChat.Repository.Tests;

/// <summary>Grain contracts are wire formats: the committed manifest makes an accidental change break the build.</summary>
public sealed partial class ContractTests
{
    [Fact]
    public void Projects_with_grain_contracts_commit_their_manifest() =>
        Finding.AssertNone(MissingManifests(RepositoryTree.Current));

    [Theory]
    [InlineData("public interface IFooGrain : IGrainWithStringKey;")]
    [InlineData("[GenerateSerializer, Immutable, Alias(\"dchat.Foo\")]\npublic sealed record Foo;")]
    [InlineData("[Immutable, GenerateSerializer]\npublic sealed record Foo;")]
    public void A_contract_without_a_manifest_is_found(string source)
    {
        var tree = RepositoryTree.Of(("src/X/X.csproj", "<Project />"), ("src/X/Foo.cs", source), ("src/X/OrleansContracts.txt", "\n"));

        Assert.Equal(["src/X/X.csproj", "src/X/OrleansContracts.txt"], MissingManifests(tree).Select(finding => finding.Path));
    }

    [Fact]
    public void A_project_without_contracts_needs_no_manifest() =>
        Assert.Empty(MissingManifests(RepositoryTree.Of(("src/X/X.csproj", "<Project />"), ("src/X/Foo.cs", "public sealed class Foo;"))));

    private static IEnumerable<Finding> MissingManifests(RepositoryTree tree)
    {
        foreach (var project in tree.Projects.Where(project => project.Path.StartsWith("src/", StringComparison.Ordinal)))
        {
            var contract = tree.FilesOf(project).Where(file => file.IsSource)
                .SelectMany(file => file.Find(Contract(), match => match.Value)).FirstOrDefault();
            if (contract is null)
            {
                continue;
            }

            if (project.Property("EnableOrleansContractsAnalyzer") != "true")
            {
                yield return new Finding(
                    project.Path, 0, $"declares a contract ({contract.Path}:{contract.Line}); set EnableOrleansContractsAnalyzer to true.");
            }

            var manifest = $"{project.Folder}/OrleansContracts.txt";
            if (tree.TryGet(manifest)?.Lines.Any(line => line.Trim().Length > 0) != true)
            {
                yield return new Finding(
                    manifest, 0, $"is missing or empty, but {contract.Path}:{contract.Line} is a contract; run `{Regenerate(project)}`.");
            }
        }
    }

    private static string Regenerate(ProjectFile project) =>
        $"touch {project.Folder}/OrleansContracts.txt && dotnet format {project.Path} analyzers --severity info --diagnostics "
        + "ORLEANS0016 ORLEANS0017 ORLEANS0018 ORLEANS0019 ORLEANS0020 ORLEANS0022 ORLEANS0023 ORLEANS0024";

    [GeneratedRegex(@"^\s*\[(\w+(\(.*\))?, )*GenerateSerializer\b|^(public|internal) (partial )?interface \w.*: .*\bIGrain(With\w+Key)?\b")]
    private static partial Regex Contract();
}

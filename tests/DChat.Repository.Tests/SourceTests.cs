using System.Text.RegularExpressions;
using DChat.Repository.Tests.Tree;

namespace DChat.Repository.Tests;

public sealed partial class SourceTests
{
    private const int MaxLines = 400;

    // Surrogates only mean something beside the converter they belong to.
    private static readonly string[] FilesOfManyTypes = ["src/DChat.Abstractions/Serialization/CoreConverters.cs"];

    [Fact]
    public void No_source_file_is_longer_than_400_lines() => Finding.AssertNone(LongFiles(RepositoryTree.Current));

    [Theory]
    [InlineData("src/X/A.cs", MaxLines, 0)]
    [InlineData("src/X/A.cs", MaxLines + 1, 1)]
    [InlineData("src/X/AGenerated.cs", MaxLines + 1, 0)]
    public void A_file_may_have_400_lines_and_no_more(string path, int lines, int findings) =>
        Assert.Equal(findings, LongFiles(RepositoryTree.Of((path, string.Concat(Enumerable.Repeat("//\n", lines))))).Count());

    [Fact]
    public void A_file_holds_one_public_type_and_is_named_after_it() =>
        Finding.AssertNone(MisplacedTypes(RepositoryTree.Current));

    [Theory]
    [InlineData("Foo.cs", "public sealed class Foo;")]
    [InlineData("Foo.Log.cs", "public static partial class Foo\n{\n    public enum Nested { One }\n}")]
    [InlineData("Foo.cs", "public readonly record struct Foo(int Bar);\n\ninternal sealed class Helper;")]
    [InlineData("Foo.cs", "public interface Foo;\n\npublic interface Foo<T>;")]
    [InlineData("Foo.cs", "public delegate ReadOnlySpan<byte> Foo(int bar);")]
    [InlineData("Foo.cs", "public delegate ValueTask<T> Foo<in TBar, T>(TBar bar, (int, int) baz);")]
    public void A_type_in_its_own_file_is_fine(string name, string source) =>
        Assert.Empty(MisplacedTypes(RepositoryTree.Of(($"src/X/{name}", source))));

    [Theory]
    [InlineData("Foo.cs", "public sealed class Foo;\n\npublic sealed class Bar;", 3)]
    [InlineData("Foo.cs", "public readonly record struct Bar(int Baz);", 1)]
    [InlineData("FooLog.cs", "public static partial class Foo\n{\n}", 1)]
    [InlineData("Foo.cs", "public delegate void Bar(int baz);", 1)]
    public void A_type_in_a_file_of_another_name_is_found(string name, string source, int line) =>
        Assert.Equal(line, Assert.Single(MisplacedTypes(RepositoryTree.Of(($"src/X/{name}", source)))).Line);

    [Fact]
    public void Usings_are_in_order() => Finding.AssertNone(DisorderedUsings(RepositoryTree.Current));

    [Theory]
    [InlineData("using System;\nusing System.IO;\nusing DChat.Core;\nusing DChat.Core.Keys;\nusing static DChat.A;\nusing B = DChat.B;\n", 0)]
    [InlineData("using DChat.Core;\nusing System;\n", 2)]
    [InlineData("using DChat.Core.Keys;\nusing DChat.Core;\n", 2)]
    [InlineData("using DChat.Core;\nusing B = DChat.B;\nusing DChat.Libp2p;\n", 3)]
    public void Usings_out_of_order_are_found(string source, int line) =>
        Assert.Equal(line, DisorderedUsings(RepositoryTree.Of(("src/X/A.cs", source + "namespace X;\n"))).Sum(finding => finding.Line));

    // The check of white space that CI runs does not see them.
    private static IEnumerable<Finding> DisorderedUsings(RepositoryTree tree) =>
        from file in tree.Sources
        let keys = file.Lines.TakeWhile(line => !line.StartsWith("namespace ", StringComparison.Ordinal))
            .Select((line, index) => (Match: Using().Match(line), Line: index + 1))
            .Where(each => each.Match.Success)
            .Select(each => (Key: KeyOf(each.Match), each.Line))
            .ToArray()
        from pair in keys.Zip(keys.Skip(1))
        where string.CompareOrdinal(pair.First.Key, pair.Second.Key) > 0
        select new Finding(file.Path, pair.Second.Line, "this using belongs further up.");

    // As the formatter sorts: types and aliases last, System first, then part by part, small letters before large ones.
    private static string KeyOf(Match match)
    {
        var kind = match.Groups["alias"].Success ? '2' : match.Groups["static"].Success ? '1' : '0';
        var parts = match.Groups["name"].Value.Split('.');
        return $"{kind}{(parts[0] == "System" ? '0' : '1')}{string.Join('\u0001', parts.Select(PartKey))}";

        static string PartKey(string part) =>
            $"{part.ToUpperInvariant()}\u0001{string.Concat(part.Select(letter => char.IsUpper(letter) ? '1' : '0'))}";
    }

    private static IEnumerable<Finding> LongFiles(RepositoryTree tree) =>
        from file in tree.Sources
        where file.Lines.Count > MaxLines
        select new Finding(file.Path, MaxLines + 1, $"has {file.Lines.Count} lines, more than {MaxLines}; give each of its ideas a file.");

    // The formatter keeps namespaces file-scoped and what is not nested at the margin, so no parser is needed.
    private static IEnumerable<Finding> MisplacedTypes(RepositoryTree tree) =>
        from file in tree.Sources
        where !FilesOfManyTypes.Contains(file.Path)
        let name = file.Name[..file.Name.IndexOf('.', StringComparison.Ordinal)]
        from finding in file.Find(PublicType(), match => match.Groups["name"].Value)
        where finding.Message != name
        select finding with { Message = $"the public type {finding.Message} belongs in {finding.Message}.cs." };

    [GeneratedRegex(@"^using ((?<static>static) |(?<alias>\w+ = ))?(?<name>[\w.]+)[^(]*;")]
    private static partial Regex Using();

    [GeneratedRegex(
        @"^public ([a-z]+ )*?((class|struct|interface|enum|record( class| struct)?) (?<name>\w+)|delegate .* (?<name>\w+)(<[^(]*>)?\()")]
    private static partial Regex PublicType();
}

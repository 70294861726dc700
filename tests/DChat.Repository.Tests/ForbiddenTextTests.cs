using System.Text.RegularExpressions;
using DChat.Repository.Tests.Tree;

namespace DChat.Repository.Tests;

/// <summary>Text that may not be committed. The words are spelled in pieces here, so that this file passes its own rules.</summary>
public sealed partial class ForbiddenTextTests
{
    private static readonly string[] ProductFolders = ["src", "tests", "infra", "bicep"];

    private static readonly Regex Unfinished = new($@"\b(NotImplemented{"Exception"}|TO{"DO"}|FIX{"ME"}|HA{"CK"})\b");

    [Fact]
    public void Nothing_is_left_unfinished() => Finding.AssertNone(UnfinishedWork(RepositoryTree.Current));

    [Theory]
    [InlineData("throw new NotImplemented" + "Exception();")]
    [InlineData("// TO" + "DO: later")]
    [InlineData("# FIX" + "ME")]
    [InlineData("// HA" + "CK around it")]
    public void Unfinished_work_is_found_in_any_file_of_the_product(string line) =>
        Assert.All(ProductFolders, folder => Assert.Single(UnfinishedWork(RepositoryTree.Of(($"{folder}/a.txt", line)))));

    [Fact]
    public void Tests_neither_sleep_nor_skip() => Finding.AssertNone(SleepsAndSkips(RepositoryTree.Current));

    [Theory]
    [InlineData("Thread" + ".Sleep(10);")]
    [InlineData("await Task" + ".Delay(100, token);")]
    [InlineData("await Task" + ".Delay( 1_000 );")]
    [InlineData("[Fact(Sk" + "ip = \"flaky\")]")]
    [InlineData("[Theory(Sk" + "ipUnless = nameof(HasDocker))]")]
    [InlineData("Assert" + ".Skip(\"no node\");")]
    [InlineData("Assert" + ".SkipUnless(found, \"no node\");")]
    public void A_sleep_or_a_skip_is_found(string line) =>
        Assert.Equal(1, Assert.Single(SleepsAndSkips(RepositoryTree.Of(("tests/X/A.cs", line)))).Line);

    [Theory]
    [InlineData("await Task.Delay(interval, clock, token);")]
    [InlineData("var rest = items.Skip(1);")]
    public void Fake_time_and_sequences_are_fine(string line) =>
        Assert.Empty(SleepsAndSkips(RepositoryTree.Of(("tests/X/A.cs", line))));

    [Fact]
    public void No_file_names_a_folder_of_one_machine() => Finding.AssertNone(MachinePaths(RepositoryTree.Current));

    [Theory]
    [InlineData("/ho" + "me/ann/chat")]
    [InlineData("cd /wo" + "rk/chat")]
    [InlineData("--data=/tm" + "p/chat")]
    [InlineData("\"/ro" + "ot/.nuget\"")]
    [InlineData("(/Use" + "rs/ann)")]
    [InlineData(@"C:\Use" + @"rs\ann")]
    public void A_folder_of_one_machine_is_found(string text) =>
        Assert.Single(MachinePaths(RepositoryTree.Of(("a.md", $"see\n{text}"))), finding => finding.Line == 2);

    [Theory]
    [InlineData("/usr/bin/chromium")]
    [InlineData("${TMPDIR:-/tmp}/chat")]
    [InlineData("https://example.org/home/ann")]
    [InlineData("src/work/notes.md")]
    [InlineData("~/.dchat")]
    public void A_path_every_machine_has_is_fine(string text) => Assert.Empty(MachinePaths(RepositoryTree.Of(("a.md", text))));

    private static IEnumerable<Finding> UnfinishedWork(RepositoryTree tree) =>
        from file in Written(tree)
        where file.IsUnder(ProductFolders)
        from finding in file.Find(Unfinished, match => $"{match.Value}: finish it, or delete it and open an issue.")
        select finding;

    private static IEnumerable<Finding> SleepsAndSkips(RepositoryTree tree) =>
        from file in tree.Sources
        where file.IsUnder("tests")
        from finding in file.Find(Sleep(), _ => "sleeps in real time; advance a FakeTimeProvider or await the event itself.")
            .Concat(file.Find(Skipped(), _ => "skips a test; let a missing tool fail with the command that installs it."))
        select finding;

    private static IEnumerable<Finding> MachinePaths(RepositoryTree tree) =>
        from file in Written(tree)
        from finding in file.Find(MachinePath(), match => $"{match.Value} exists on one machine only; use a relative path.")
        select finding;

    // Lock files hold hashes, where any word may turn up.
    private static IEnumerable<TextFile> Written(RepositoryTree tree) => tree.Files.Where(file => file.Name != "package-lock.json");

    [GeneratedRegex(@"\bThread\.Sleep\s*\(|\bTask\.Delay\s*\(\s*\d")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"\bSkip(When|Unless)?\s*=[^=>]|\bAssert\.Skip(When|Unless)?\s*\(")]
    private static partial Regex Skipped();

    [GeneratedRegex(@"(?<![\w.~$}/-])/(home|work|tmp|root|Users)/[\w.][\w.-]*|\b[A-Z]:\\Users\\\w+")]
    private static partial Regex MachinePath();
}

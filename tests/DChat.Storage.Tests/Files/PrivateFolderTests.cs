using System.Runtime.Versioning;
using DChat.Abstractions.Files;
using DChat.Core;
using DChat.Testing;

namespace DChat.Storage.Tests.Files;

[UnsupportedOSPlatform("windows")]
public sealed class PrivateFolderTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int MaxFileBytes = 64;

    private readonly TemporaryFolder _temporary = new();
    private readonly List<string> _synced = [];

    private string Root => _temporary["home"];

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void A_folder_and_its_files_are_their_owners_alone()
    {
        var folder = Open();
        folder.CreateFolder("keys");
        folder.Replace("keys/a", "1"u8);
        folder.CreateUnlessThere("keys/b", "2"u8);
        folder.TryLock("lock", FileMode.OpenOrCreate, FileAccess.ReadWrite)!.Dispose();

        Assert.All([Root, folder.PathOf("keys")], path => Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(path)));
        Assert.All(["keys/a", "keys/b", "lock"], name => Assert.Equal(OwnerOnly, File.GetUnixFileMode(folder.PathOf(name))));
        folder.RequirePrivate("keys");
        folder.RequirePrivate("keys/a");
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.GroupExecute)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void What_others_may_use_is_refused_with_the_cure(UnixFileMode mode)
    {
        var folder = Open();
        folder.Replace("a", "1"u8);
        File.SetUnixFileMode(folder.PathOf("a"), OwnerOnly | mode);
        File.SetUnixFileMode(Root, OwnerOnly | UnixFileMode.UserExecute | mode);

        Assert.EndsWith("run chmod 600 on it.", AssertFails("permissions", () => folder.Read("a")).Message, StringComparison.Ordinal);
        Assert.EndsWith("run chmod 600 on it.", AssertFails("permissions", () => folder.RequirePrivate("a")).Message, StringComparison.Ordinal);
        Assert.EndsWith("run chmod 700 on it.", AssertFails("permissions", () => folder.RequirePrivate("")).Message, StringComparison.Ordinal);
        Assert.Equal("1"u8.ToArray(), folder.Read("a", isSecret: false));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(MaxFileBytes)]
    public void A_file_is_read_whole_up_to_the_limit(int length)
    {
        var folder = Open();
        var content = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        folder.Replace("a", content);

        Assert.Equal(content, folder.Read("a"));
    }

    [Fact]
    public void A_longer_file_is_not_ours_and_a_missing_one_is_no_fault()
    {
        var folder = Open();
        folder.Replace("a", new byte[MaxFileBytes + 1]);

        Assert.Contains("it is longer than 64 bytes", AssertFails("corrupt", () => folder.Read("a")).Message, StringComparison.Ordinal);
        Assert.Null(folder.Read("b"));
    }

    [Fact]
    public void A_lock_is_held_by_one_at_a_time()
    {
        var folder = Open();
        using (folder.TryLock("lock", FileMode.OpenOrCreate, FileAccess.ReadWrite))
        {
            Assert.Null(folder.TryLock("lock", FileMode.OpenOrCreate, FileAccess.ReadWrite));
            Assert.Null(folder.TryLock("lock", FileMode.Open, FileAccess.Read));
        }

        using var next = folder.TryLock("lock", FileMode.Open, FileAccess.Read);
        Assert.NotNull(next);
    }

    [Fact]
    public void A_lock_that_cannot_be_opened_is_not_taken_for_another_process()
    {
        var folder = Open();
        Directory.CreateDirectory(folder.PathOf("lock"));

        var error = AssertFails("unavailable", () => folder.TryLock("lock", FileMode.OpenOrCreate, FileAccess.ReadWrite));
        Assert.EndsWith("lock cannot be used: It is a directory, and a file belongs there.", error.Message, StringComparison.Ordinal);
        AssertFails("unavailable", () => folder.Read("lock"));
        AssertFails("unavailable", () => folder.TryLock("missing", FileMode.Open, FileAccess.Read));
    }

    [Fact]
    public void A_file_where_the_folder_belongs_is_named()
    {
        File.WriteAllText(Root, "");

        var error = AssertFails("unavailable", () => Open());

        Assert.Contains($"{Root} is a file, and a directory belongs there", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_folder_is_durable_with_those_above_it_and_an_old_one_costs_nothing()
    {
        var folder = Open("home/of/alice");
        folder.CreateFolder("keys");
        folder.CreateFolder("keys");
        folder.Replace("keys/a", "1"u8);

        Assert.Equal([_temporary.Path, Root, _temporary["home/of"], folder.Root, folder.PathOf("keys")], _synced);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_content_is_on_disk_before_the_name_and_the_name_before_the_write_returns(bool replaces)
    {
        var steps = new List<string>();
        var folder = new PrivateFolder(
            _temporary.Path,
            Codes,
            MaxFileBytes,
            _ => steps.Add($"names, {Content("a")}"),
            draft => steps.Add($"{draft.Length} bytes, {Content("a")}"));
        if (replaces)
        {
            File.WriteAllText(folder.PathOf("a"), "old");
            folder.Replace("a", "newer"u8);
        }
        else
        {
            folder.CreateUnlessThere("a", "newer"u8);
        }

        Assert.Equal([$"5 bytes, {(replaces ? "old" : "none")}", "names, newer"], steps);

        string Content(string name) => File.Exists(_temporary[name]) ? File.ReadAllText(_temporary[name]) : "none";
    }

    [Fact]
    public void A_crash_before_the_rename_leaves_the_old_content_and_the_next_write_removes_the_draft()
    {
        Open().Replace("a", "old"u8);
        var dying = Open(syncFile: _ => throw new InvalidOperationException("The process dies here."));
        Assert.Throws<InvalidOperationException>(() => dying.Replace("a", "new"u8));
        Assert.Equal(2, Directory.GetFiles(Root).Length);

        var folder = Open();
        Assert.Equal("old"u8.ToArray(), folder.Read("a"));
        folder.Replace("a", "newer"u8);

        Assert.Equal("newer"u8.ToArray(), folder.Read("a"));
        Assert.Equal([folder.PathOf("a")], Directory.GetFiles(Root));
    }

    [Fact]
    public void A_write_whose_content_or_name_cannot_be_synced_fails()
    {
        Open().CreateFolder("keys");
        var noNames = Open(syncDirectory: _ => throw new IOException("The disk is gone."));
        var noContent = Open(syncFile: _ => throw new IOException("The disk is gone."));

        Assert.Contains("The disk is gone.", AssertFails("unavailable", () => noNames.Replace("a", "1"u8)).Message, StringComparison.Ordinal);
        Assert.Contains("The disk is gone.", AssertFails("unavailable", () => noContent.Replace("b", "1"u8)).Message, StringComparison.Ordinal);
        Assert.Null(noContent.Read("b"));
        Assert.DoesNotContain(noContent.List("", ".tmp"), name => name.StartsWith("b.", StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_killed_process_left_beside_a_file_goes_when_the_file_is_settled()
    {
        var folder = Open();
        folder.CreateUnlessThere("a", "first"u8);
        File.WriteAllText(folder.PathOf("a.0123.tmp"), "first");
        File.WriteAllText(folder.PathOf("a.tmp"), "of an earlier version");
        _synced.Clear();

        folder.Settle("a");

        Assert.Equal([folder.Root], _synced);
        Assert.Empty(folder.List("", ".tmp"));
        Assert.Equal("first"u8.ToArray(), folder.Read("a"));
    }

    [Fact]
    public void A_file_that_is_there_is_not_created_again()
    {
        var folder = Open();
        folder.CreateUnlessThere("a", "first"u8);
        folder.CreateUnlessThere("a", "second"u8);

        Assert.Equal("first"u8.ToArray(), folder.Read("a"));
        Assert.Equal(["a"], folder.List("", "a"));
        Assert.Empty(folder.List("", ".tmp"));
    }

    private static readonly PrivateFolderCodes Codes = new("unavailable", "permissions", "corrupt");

    private PrivateFolder Open(string name = "home", Action<string>? syncDirectory = null, Action<FileStream>? syncFile = null)
    {
        var folder = new PrivateFolder(_temporary[name], Codes, MaxFileBytes, syncDirectory ?? _synced.Add, syncFile);
        folder.CreateFolder();
        return folder;
    }

    private static DChatException AssertFails(string code, Action action)
    {
        var error = Assert.Throws<DChatException>(action);
        Assert.Equal(code, error.Code);
        return error;
    }
}

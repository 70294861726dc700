using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace DChat.Repository.Tests.Tree;

/// <summary>The files of the repository as they are on disk now: tracked, and new ones that git does not ignore.</summary>
public sealed class RepositoryTree
{
    private const string Solution = "DChat.Orleans.sln";

    // What .gitignore names, and .git itself.
    private static readonly string[] IgnoredFolders = [".git", ".idea", ".vs", "artifacts", "bin", "data", "node_modules", "obj"];

    private static readonly Lazy<RepositoryTree> Loaded = new(Load);

    private readonly Dictionary<string, TextFile> _files;

    private RepositoryTree(IEnumerable<TextFile> files) =>
        _files = files.ToDictionary(file => file.Path, StringComparer.Ordinal);

    /// <summary>The repository that holds this test assembly.</summary>
    public static RepositoryTree Current => Loaded.Value;

    public IEnumerable<TextFile> Files => _files.Values;

    public IEnumerable<TextFile> Sources => Files.Where(file => file.IsSource);

    public IEnumerable<TextFile> Readmes => Files.Where(file => file.Name == "README.md");

    public IEnumerable<ProjectFile> Projects =>
        Files.Where(file => file.Path.EndsWith(".csproj", StringComparison.Ordinal)).Select(file => new ProjectFile(file));

    /// <summary>A made-up tree, to see a rule find what it should.</summary>
    public static RepositoryTree Of(params (string Path, string Text)[] files) =>
        new(files.Select(file => TextFile.Of(file.Path, file.Text)));

    /// <exception cref="KeyNotFoundException">No file has this path.</exception>
    public TextFile Get(string path) =>
        TryGet(path) ?? throw new KeyNotFoundException($"{path} is not in the repository; add it.");

    public TextFile? TryGet(string path) => _files.GetValueOrDefault(path);

    /// <summary>Whether a file or a folder that holds one has this path.</summary>
    public bool Has(string path) =>
        _files.ContainsKey(path) || _files.Keys.Any(file => file.StartsWith(path + "/", StringComparison.Ordinal));

    /// <summary>The files in the folder of a project.</summary>
    public IEnumerable<TextFile> FilesOf(ProjectFile project) => Files.Where(file => file.IsUnder(project.Folder));

    private static RepositoryTree Load()
    {
        var root = FindRoot();
        return new RepositoryTree(
            from path in ListWithGit(root) ?? Walk(root, "")
            where File.Exists(Path.Combine(root, path)) // not deleted in the working tree, and no submodule
            let bytes = File.ReadAllBytes(Path.Combine(root, path))
            select TextFile.Of(path, bytes.Contains((byte)0) ? "" : Encoding.UTF8.GetString(bytes)));
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Solution)))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException(
            $"No folder above {AppContext.BaseDirectory} holds {Solution}; run the tests from a build inside the repository.");
    }

    /// <summary>What git lists, or null where git or its database is not at hand (a source archive, a container).</summary>
    private static string[]? ListWithGit(string root)
    {
        if (!Path.Exists(Path.Combine(root, ".git")))
        {
            return null;
        }

        var start = new ProcessStartInfo("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        try
        {
            using var git = Process.Start(start)!;
            var output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0 ? [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Distinct()] : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static IEnumerable<string> Walk(string root, string folder) =>
        new DirectoryInfo(Path.Combine(root, folder)).EnumerateFileSystemInfos().SelectMany(entry =>
        {
            var path = folder.Length == 0 ? entry.Name : $"{folder}/{entry.Name}";
            return entry is FileInfo ? [path] : IgnoredFolders.Contains(entry.Name) ? [] : Walk(root, path);
        });
}

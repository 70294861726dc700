using System.Diagnostics;

namespace DChat.Testing.Js;

/// <summary>Finds Node and the scripts under <c>tests/js</c>, or says which command installs what is missing.</summary>
public static class NodeRuntime
{
    private const int LeastMajorVersion = 22;
    private static readonly Lazy<string> FoundScripts = new(FindScripts);
    private static readonly Lazy<string> FoundNode = new(FindNode);

    /// <summary>The folder of the scripts, with its packages installed.</summary>
    public static string Scripts => FoundScripts.Value;

    /// <summary>The Node to run: the one on the PATH if it is new enough, else the one among the packages.</summary>
    public static string Node => FoundNode.Value;

    private static string FindScripts()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DChat.Orleans.sln")))
            {
                var scripts = Path.Combine(folder.FullName, "tests", "js");
                return Directory.Exists(Path.Combine(scripts, "node_modules", "libp2p"))
                    ? scripts
                    : throw new InvalidOperationException("The JavaScript packages are missing; run: (cd tests/js && npm ci)");
            }
        }

        throw new InvalidOperationException("The tests run from a build inside the repository, whose tests/js they need.");
    }

    private static string FindNode()
    {
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "node"));
        var packaged = Directory.EnumerateDirectories(Path.Combine(Scripts, "node_modules"), "node-linux-*").Select(folder => Path.Combine(folder, "bin", "node"));
        return onPath.Concat(packaged).FirstOrDefault(node => File.Exists(node) && MajorVersion(node) >= LeastMajorVersion)
            ?? throw new InvalidOperationException($"Node {LeastMajorVersion} or newer is missing; run: (cd tests/js && npm ci)");
    }

    /// <summary>22 for what prints <c>v22.23.3</c>; 0 for what is no Node.</summary>
    private static int MajorVersion(string node)
    {
        using var process = Process.Start(new ProcessStartInfo(node, "--version") { RedirectStandardOutput = true });
        var version = process!.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return int.TryParse(version.TrimStart('v').Split('.')[0], out var major) ? major : 0;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace DChat.Benchmarks.Libp2p;

/// <summary>Finds the sources of the js peers and a Node that runs them.</summary>
internal static class NodeRuntime
{
    private const int LeastMajor = 22;

    /// <summary>The folder <c>tests/js</c> of the repository this was built from, with its packages installed.</summary>
    public static string SourceDirectory()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var js = Path.Combine(folder.FullName, "tests", "js");
            if (File.Exists(Path.Combine(js, "perf.mjs")))
            {
                return Directory.Exists(Path.Combine(js, "node_modules", "libp2p"))
                    ? js
                    : throw new InvalidOperationException("js-libp2p is not installed; run `npm ci` in tests/js.");
            }
        }

        throw new InvalidOperationException("tests/js/perf.mjs is in no folder above this program.");
    }

    /// <summary>The system's Node when it is new enough, otherwise the one that comes as an npm package.</summary>
    public static async Task<string> FindAsync(string directory)
    {
        var architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64";
        string[] candidates = ["node", Path.Combine(directory, "node_modules", $"node-linux-{architecture}", "bin", "node")];
        foreach (var candidate in candidates)
        {
            if (await MajorVersionAsync(candidate) >= LeastMajor)
            {
                return candidate;
            }
        }

        throw new InvalidOperationException($"Node {LeastMajor} or newer is missing; run `npm ci` in tests/js, which brings one for Linux.");
    }

    private static async Task<int> MajorVersionAsync(string node)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(node, "--version") { RedirectStandardOutput = true })!;
            var version = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return int.Parse(version.AsSpan(1, version.IndexOf('.', StringComparison.Ordinal) - 1), CultureInfo.InvariantCulture);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return 0;
        }
    }
}

namespace DChat.Testing.Processes;

/// <summary>
/// Finds the programs of <c>src</c> where the build leaves them, and not their copies beside the tests, whose libraries are others.
/// </summary>
public static class BuiltProgram
{
    /// <summary>The path of a project's assembly, built with the same configuration as the tests.</summary>
    /// <param name="project">The project's name; the test project references it, so that it is built.</param>
    /// <exception cref="FileNotFoundException">It has not been built.</exception>
    public static string PathOf(string project)
    {
        // artifacts/bin/<project>/<configuration>/
        var tests = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var path = Path.Combine(tests.Parent!.Parent!.FullName, project, tests.Name, $"{project}.dll");
        return File.Exists(path) ? path : throw new FileNotFoundException($"Build it first: dotnet build src/{project}", path);
    }
}

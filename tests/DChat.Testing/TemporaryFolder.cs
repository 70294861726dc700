namespace DChat.Testing;

/// <summary>A new folder under the system's temporary one, deleted with its contents when disposed.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>The folder's absolute path.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("dchat-").FullName;

    /// <summary>The path of a file or folder within.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Silo;

/// <summary>The data directory that a silo has left, made once for all tests of a class that spoil a copy of it.</summary>
public sealed class UsedData : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    public async ValueTask InitializeAsync()
    {
        await using var silo = await SiloProcess.StartAsync(Silos.In(_folder["data"]), TestContext.Current.CancellationToken);
        Assert.Equal(0, await silo.StopAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Copies it, files with the permissions they have.</summary>
    public void CopyTo(string path)
    {
        Directory.CreateDirectory(path);
        foreach (var folder in Directory.EnumerateDirectories(_folder["data"], "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(path, Path.GetRelativePath(_folder["data"], folder)));
        }

        foreach (var file in Directory.EnumerateFiles(_folder["data"], "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(path, Path.GetRelativePath(_folder["data"], file)));
        }
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

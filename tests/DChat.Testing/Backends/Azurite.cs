using System.Globalization;
using DChat.Testing.Js;
using DChat.Testing.Processes;

namespace DChat.Testing.Backends;

/// <summary>
/// Blobs and tables of Azure Storage on loopback, by the emulator of <c>tests/js</c>. It is laxer than Azure: what holds here is
/// proven for the emulator alone.
/// </summary>
public sealed class Azurite : IAsyncDisposable
{
    // The account that every emulator has; no secret.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly int _blobPort = LoopbackPorts.Take();
    private readonly int _tablePort = LoopbackPorts.Take();
    private readonly string? _directory;
    private ServerProcess? _server;

    private Azurite(string? directory) => _directory = directory;

    public string ConnectionString => ConnectionWith(Key);

    /// <summary>Starts the emulator.</summary>
    /// <param name="directory">Where it keeps its data; null keeps them in memory.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Azurite> StartAsync(string? directory, CancellationToken cancellationToken)
    {
        var azurite = new Azurite(directory);
        await azurite.StartAsync(cancellationToken);
        return azurite;
    }

    /// <summary>A connection string with another key of the account.</summary>
    public string ConnectionWith(string key) => string.Create(
        CultureInfo.InvariantCulture,
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};BlobEndpoint=http://127.0.0.1:{_blobPort}/{Account};TableEndpoint=http://127.0.0.1:{_tablePort}/{Account};");

    /// <summary>Starts it again, at the same ports and on the same directory.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        string[] place = _directory is null ? ["--inMemoryPersistence"] : ["--location", _directory];
        _server = await ServerProcess.StartAsync(
            NodeRuntime.Node,
            [
                Path.Combine(NodeRuntime.Scripts, "node_modules", "azurite", "dist", "src", "azurite.js"),
                "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--disableProductStyleUrl",
                "--blobHost", "127.0.0.1", "--blobPort", Text(_blobPort),
                "--queueHost", "127.0.0.1", "--queuePort", "0",
                "--tableHost", "127.0.0.1", "--tablePort", Text(_tablePort),
                .. place,
            ],
            "Table service is successfully listening",
            "(cd tests/js && npm ci)",
            cancellationToken);
    }

    /// <summary>Stops it; what is in memory is gone. Killed, it would forget the last seconds of what is on disk, which Azure never does.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is not null)
        {
            await _server.StopAsync(cancellationToken);
            await DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
            _server = null;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using DChat.Testing.Processes;

namespace DChat.Testing.Backends;

/// <summary>A Redis server on loopback, with a password, and its data in memory.</summary>
public sealed class Redis : IAsyncDisposable
{
    /// <summary>What no log and no message may show.</summary>
    public const string Password = "not-to-be-shown-5417";

    private readonly int _port = LoopbackPorts.Take();
    private ServerProcess? _server;

    public string ConnectionString => ConnectionWith(Password);

    public static async Task<Redis> StartAsync(CancellationToken cancellationToken)
    {
        var redis = new Redis();
        redis._server = await ServerProcess.StartAsync(
            "redis-server",
            [
                "--port", redis._port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--requirepass", Password,
                "--save", "", "--appendonly", "no",
            ],
            "Ready to accept connections",
            "sudo apt-get install redis-server",
            cancellationToken);
        return redis;
    }

    /// <summary>A connection string with another password.</summary>
    public string ConnectionWith(string password) =>
        string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port},password={password}");

    /// <summary>Kills it, if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
            _server = null;
        }
    }
}

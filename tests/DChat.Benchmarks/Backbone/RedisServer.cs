using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace DChat.Benchmarks.Backbone;

/// <summary>
/// A Redis server that makes every write durable before it answers (<c>appendfsync always</c>), and the load that comes with
/// it: as many writers at once, as many messages a round trip and as many bytes a message as our shards get.
/// </summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const string Install = "sudo apt-get install redis-server";

    private readonly Process _server;
    private readonly int _port;

    private RedisServer(Process server, int port)
    {
        _server = server;
        _port = port;
    }

    /// <summary>Starts a server with its files in a directory; null, with a line that says how to install it, where there is none.</summary>
    public static async Task<RedisServer?> TryStartAsync(string directory)
    {
        Directory.CreateDirectory(directory);
        var port = BenchmarkSilo.FreePort();
        string[] arguments =
        [
            "--port", Text(port), "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--appendonly", "yes", "--appendfsync", "always",
        ];
        try
        {
            var server = Start("redis-server", arguments);
            while (await server.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
                {
                    _ = server.StandardOutput.ReadToEndAsync();
                    return new RedisServer(server, port);
                }
            }

            throw new InvalidOperationException("redis-server ended before it was ready.");
        }
        catch (Win32Exception)
        {
            await Console.Error.WriteLineAsync($"append-durable has no peer in this run: redis-server is missing; run: {Install}");
            return null;
        }
    }

    /// <summary>Durable writes a second.</summary>
    public async Task<double> AppendAsync(int messages, int messageBytes, int writers, int perRoundTrip)
    {
        using var load = Start(
            "redis-benchmark",
            ["-p", Text(_port), "-n", Text(messages), "-d", Text(messageBytes), "-c", Text(writers), "-P", Text(perRoundTrip), "-r", Text(messages), "-t", "set", "--csv"]);
        var output = await load.StandardOutput.ReadToEndAsync();
        await load.WaitForExitAsync();

        // "SET","123456.78", and in newer versions latencies.
        var fields = output.Split('\n').Single(line => line.StartsWith("\"SET\"", StringComparison.Ordinal)).Split(',');
        return double.Parse(fields[1].Trim('"', '\r'), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        _server.Kill();
        await _server.WaitForExitAsync();
        _server.Dispose();
    }

    private static Process Start(string program, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

using System.Diagnostics;
using System.Text.Json;

namespace DChat.Benchmarks.Libp2p;

/// <summary>A process that runs a script of <c>tests/js</c>, <c>perf.mjs</c> unless said otherwise, and answers one JSON line with another.</summary>
internal sealed class JsPeer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    private JsPeer(Process process, string address)
    {
        _process = process;
        Address = address;
    }

    /// <summary>Where it listens, its peer id included.</summary>
    public string Address { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<JsPeer> StartAsync(string script = "perf.mjs")
    {
        var directory = NodeRuntime.SourceDirectory();
        var process = Process.Start(new ProcessStartInfo(await NodeRuntime.FindAsync(directory), script)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var started = await ReadAsync(process);
        return new JsPeer(process, started.GetProperty("address").GetString()!);
    }

    public async Task<JsonElement> CallAsync(object request)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request));
        await _process.StandardInput.FlushAsync();
        return await ReadAsync(_process);
    }

    public async ValueTask DisposeAsync()
    {
        // It ends with its stdin.
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<JsonElement> ReadAsync(Process process)
    {
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience)
            ?? throw new InvalidOperationException("The js peer ended; what it wrote to stderr says why.");
        var reply = JsonSerializer.Deserialize<JsonElement>(line);
        return reply.GetProperty("ok").GetBoolean()
            ? reply
            : throw new InvalidOperationException($"The js peer failed: {reply.GetProperty("error").GetString()}");
    }
}

using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace DChat.Testing.Backends;

/// <summary>A server that is no program of ours, in a process of its own. Killed, by its id, when disposed.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    /// <summary>Starts a server and waits for a line of its output.</summary>
    /// <param name="program">What to run.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="ready">A part of the line by which it says that it listens.</param>
    /// <param name="install">The command that installs it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ServerProcess> StartAsync(
        string program, IEnumerable<string> arguments, string ready, string install, CancellationToken cancellationToken)
    {
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"{program} is missing; run: {install}", e);
        }

        var server = new ServerProcess(process);
        try
        {
            await server.WaitForLineAsync(ready, cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks the server to end, and waits until it has written what it keeps.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using var kill = Process.Start("kill", ["-s", "TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task WaitForLineAsync(string ready, CancellationToken cancellationToken)
    {
        var output = new List<string>();
        var errors = _process.StandardError.ReadToEndAsync(CancellationToken.None);
        while (await _process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(Patience, cancellationToken) is { } line)
        {
            output.Add(line);
            if (line.Contains(ready, StringComparison.Ordinal))
            {
                // Nobody else reads on, and a full pipe would stop the server.
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return;
            }
        }

        throw new InvalidOperationException($"{_process.StartInfo.FileName} ended: {string.Join('\n', output)}\n{await errors}");
    }
}

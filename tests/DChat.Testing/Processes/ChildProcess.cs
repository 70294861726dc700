using System.Diagnostics;
using System.Globalization;

namespace DChat.Testing.Processes;

/// <summary>
/// A .NET program in a process of its own. What it prints is kept for failure messages; waiting is for its lines and its
/// end, never for time. Killed, if it still runs, when disposed.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>How long anything is waited for before the test fails with what the process has printed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The lines of standard output so far.</summary>
    public IReadOnlyList<string> Output { get { lock (_gate) { return [.. _output]; } } }

    /// <summary>The lines of standard error so far.</summary>
    public IReadOnlyList<string> Errors { get { lock (_gate) { return [.. _errors]; } } }

    /// <summary>Starts a built program.</summary>
    /// <param name="assembly">The path of its assembly.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">Variables to add; a null value removes one.</param>
    /// <param name="hasInput">Whether it has a standard input; without, a shell closes it first.</param>
    public static ChildProcess Start(
        string assembly, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, bool hasInput = true)
    {
        var start = new ProcessStartInfo(hasInput ? "dotnet" : "sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (!hasInput)
        {
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add("exec dotnet \"$0\" \"$@\" <&-");
        }

        start.ArgumentList.Add(assembly);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        var child = new ChildProcess(new Process { StartInfo = start, EnableRaisingEvents = true });
        child.Run();
        return child;
    }

    /// <summary>Waits for a line of standard output; fails if the process ends without printing it.</summary>
    public async Task<string> WaitForLineAsync(Predicate<string> predicate, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_output.Find(predicate) is { } line)
                {
                    return line;
                }

                changed = _changed.Task;
            }

            if (_process.HasExited)
            {
                await WaitForExitAsync(cancellationToken);
                return _output.Find(predicate) ?? throw new InvalidOperationException(Describe("ended before it printed the line"));
            }

            var ended = _process.WaitForExitAsync(cancellationToken);
            await WithPatience(Task.WhenAny(changed, ended), "did not print the line", cancellationToken);
        }
    }

    /// <summary>Waits until the process has ended and all it printed has been read; returns its exit code.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await WithPatience(_process.WaitForExitAsync(cancellationToken), "did not end", cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>kill -9: the process gets no chance to finish anything.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await WaitForExitAsync(cancellationToken);
    }

    /// <summary>Sends a signal by its name without SIG, such as TERM.</summary>
    public async Task SignalAsync(string signal, CancellationToken cancellationToken)
    {
        using var kill = Process.Start("kill", ["-s", signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancellationToken);
    }

    /// <summary>Asks the process to end and returns its exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        await SignalAsync("TERM", cancellationToken);
        return await WaitForExitAsync(cancellationToken);
    }

    /// <summary>The sentence followed by everything the process has printed.</summary>
    public string Describe(string what) => $"""
        Process {Id} ({string.Join(' ', _process.StartInfo.ArgumentList)}) {what}.
        --- standard output
        {string.Join('\n', Output)}
        --- standard error
        {string.Join('\n', Errors)}
        """;

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private void Run()
    {
        _process.OutputDataReceived += (_, line) => Add(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Add(_errors, line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Add(List<string> lines, string? line)
    {
        if (line is null)
        {
            return;
        }

        TaskCompletionSource changed;
        lock (_gate)
        {
            lines.Add(line);
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    private async Task WithPatience(Task task, string failure, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(Patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(Describe($"{failure} within {Patience}"));
        }
    }
}

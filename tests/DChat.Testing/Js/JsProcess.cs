using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DChat.Testing.Js;

/// <summary>
/// A script of <c>tests/js</c> in a process of its own, led by JSON lines. What it prints is kept: events are found
/// whether they came before or come after one waits for them, and a failure shows everything. Killed when disposed.
/// </summary>
public sealed class JsProcess : IAsyncDisposable
{
    /// <summary>How long anything is waited for before the test fails with what the script has printed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _script;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly List<JsonNode> _messages = [];
    private readonly List<string> _unstructured = [];
    private readonly Task _reading;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lastId;

    private JsProcess(Process process, string script)
    {
        _process = process;
        _script = script;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, AddMessage), ReadAsync(process.StandardError, _unstructured.Add));
    }

    /// <summary>Starts a script.</summary>
    /// <param name="script">Its file name.</param>
    /// <param name="settings">Its one argument, as JSON.</param>
    public static JsProcess Start(string script, object settings)
    {
        var start = new ProcessStartInfo(NodeRuntime.Node)
        {
            WorkingDirectory = NodeRuntime.Scripts,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(script);
        start.ArgumentList.Add(JsonSerializer.Serialize(settings, JsonSerializerOptions.Web));
        return new JsProcess(Process.Start(start)!, script);
    }

    /// <summary>The events of a name so far, in order.</summary>
    public IReadOnlyList<JsonNode> Events(string name) { lock (_gate) { return [.. _messages.Where(m => IsEvent(m, name))]; } }

    /// <summary>The event of a name that matches, or the <paramref name="count"/>th that does.</summary>
    public Task<JsonNode> EventAsync(string name, CancellationToken cancellationToken, Func<JsonNode, bool>? match = null, int count = 1) =>
        FindAsync($"event {name}", m => IsEvent(m, name) && match?.Invoke(m) is not false, count, cancellationToken);

    /// <summary>Runs a command and returns its result.</summary>
    /// <exception cref="JsFaultException">It failed.</exception>
    public async Task<JsonNode?> DoAsync(string command, JsonObject arguments, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        arguments["id"] = id;
        arguments["command"] = command;
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await _process.StandardInput.WriteLineAsync(arguments.ToJsonString().AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new InvalidOperationException(Describe($"took no command {command}"), e);
        }
        finally
        {
            _writing.Release();
        }

        var answer = await FindAsync($"answer to {command}", m => m["event"] is null && (int?)m["id"] == id, 1, cancellationToken);
        return answer["error"] is { } error
            ? throw new JsFaultException((string)error["name"]!, (string)error["message"]!, Describe("printed"))
            : answer["result"];
    }

    /// <summary>kill -9: the process gets no chance to say goodbye.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        await _reading;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        _writing.Dispose();
    }

    private static bool IsEvent(JsonNode message, string name) => (string?)message["event"] == name;

    private async Task<JsonNode> FindAsync(string what, Func<JsonNode, bool> match, int count, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        while (true)
        {
            Task changed;
            var ended = _reading.IsCompleted;
            lock (_gate)
            {
                if (_messages.Where(match).ElementAtOrDefault(count - 1) is { } found)
                {
                    return found;
                }

                changed = _changed.Task;
            }

            if (ended)
            {
                throw new InvalidOperationException(Describe($"ended without {what}"));
            }

            try
            {
                await Task.WhenAny(changed, _reading).WaitAsync(patience.Token);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException(Describe($"printed no {what} within {Patience}"), e);
            }
        }
    }

    private async Task ReadAsync(StreamReader lines, Action<string> add)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            TaskCompletionSource changed;
            lock (_gate)
            {
                add(line);
                changed = _changed;
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            changed.SetResult();
        }
    }

    private void AddMessage(string line)
    {
        try
        {
            _messages.Add(JsonNode.Parse(line)!);
        }
        catch (JsonException)
        {
            _unstructured.Add(line);
        }
    }

    private string Describe(string what)
    {
        lock (_gate)
        {
            return string.Create(CultureInfo.InvariantCulture, $"""
                {_script} {_process.StartInfo.ArgumentList[1]} (process {_process.Id}) {what}.
                --- messages
                {string.Join('\n', _messages.Select(m => m.ToJsonString()))}
                --- other output
                {string.Join('\n', _unstructured)}
                """);
        }
    }
}

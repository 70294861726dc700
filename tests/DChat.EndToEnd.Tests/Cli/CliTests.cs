using System.Text.Json;
using DChat.EndToEnd.Tests.Silo;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Cli;

/// <summary>The command line against a silo, each in a process of its own.</summary>
[Collection(nameof(RunningSilo))]
public sealed class CliTests(RunningSilo silo) : IDisposable
{
    private static readonly string Assembly = BuiltProgram.PathOf("DChat.Cli");

    private const int NotNow = 3;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_sent_is_fetched_with_its_position_and_its_sender()
    {
        var topic = NewTopic();
        var device = (await RunJsonAsync("alice", "id")).Single();
        var first = (await RunJsonAsync("alice", "send", topic, "Привет, мир")).Single();
        var second = (await RunJsonAsync("alice", "send", topic, "again")).Single();

        var fetched = await RunJsonAsync("bob", "fetch", topic);

        Assert.Equal(["message", "message", "page"], fetched.Select(line => Text(line, "type")));
        Assert.Equal(["Привет, мир", "again"], fetched.Take(2).Select(line => Text(line, "text")));
        Assert.All(fetched.Take(2), line => Assert.Equal(Text(device, "device"), Text(line, "device")));
        Assert.Equal([Text(first, "cursor"), Text(second, "cursor")], fetched.Take(2).Select(line => Text(line, "cursor")));
        Assert.Equal([Text(first, "message_id"), Text(second, "message_id")], fetched.Take(2).Select(line => Text(line, "message_id")));
        Assert.Equal([1, 2], fetched.Take(2).Select(line => line.GetProperty("topic_sequence").GetInt32()));

        var rest = await RunJsonAsync("bob", "fetch", topic, "--after", Text(first, "cursor"));
        Assert.Equal("again", Text(rest[0], "text"));
        Assert.Equal(2, rest.Count);
    }

    [Fact]
    public async Task A_tail_shows_what_is_sent_and_ends_with_an_interrupt()
    {
        var topic = NewTopic();
        await using var tail = Start("bob", "--json", "tail", topic);
        await tail.WaitForLineAsync(line => line.Contains("\"type\":\"tail\"", StringComparison.Ordinal), Cancel);

        var sent = (await RunJsonAsync("alice", "send", topic, "live")).Single();

        var shown = Parse(await tail.WaitForLineAsync(line => line.Contains("\"type\":\"message\"", StringComparison.Ordinal), Cancel));
        Assert.Equal("live", Text(shown, "text"));
        Assert.Equal(Text(sent, "cursor"), Text(shown, "cursor"));
        await tail.SignalAsync("INT", Cancel);
        Assert.Equal(0, await tail.WaitForExitAsync(Cancel));
    }

    [Fact]
    public async Task A_private_topic_is_read_by_whoever_joins_it_and_by_nobody_else()
    {
        var topic = NewTopic();
        var created = (await RunJsonAsync("alice", "topic", "create", topic)).Single();
        await RunJsonAsync("alice", "send", topic, "for us");
        await RunJsonAsync("bob", "topic", "join", Text(created, "invite"));

        var bob = await RunJsonAsync("bob", "fetch", topic);
        var carol = await RunJsonAsync("carol", "fetch", topic);
        var listed = (await RunJsonAsync("bob", "topic", "list")).Single();

        Assert.Equal("for us", Text(bob[0], "text"));
        Assert.False(bob[0].GetProperty("public").GetBoolean());
        Assert.Equal("page", Text(carol.Single(), "type"));
        Assert.Equal(topic, Text(listed, "topic"));
    }

    [Fact]
    public async Task Without_json_it_speaks_to_people()
    {
        var topic = NewTopic();
        await using var send = Start("alice", "send", topic, "hello, people");
        Assert.Equal(0, await send.WaitForExitAsync(Cancel));
        await using var fetch = Start("alice", "fetch", topic);
        Assert.Equal(0, await fetch.WaitForExitAsync(Cancel));

        Assert.Contains(fetch.Output, line => line.Contains("hello, people", StringComparison.Ordinal));
        Assert.Contains(fetch.Errors, line => line.StartsWith("next cursor: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_standard_input_send_ends_at_once_and_says_so()
    {
        await using var process = ChildProcess.Start(
            Assembly,
            ["--silo", $"127.0.0.1:{silo.Settings.ClientPort}", "--home", _folder["alice"], "send", NewTopic()],
            hasInput: false);

        var exitCode = await process.WaitForExitAsync(Cancel);

        Assert.True(exitCode == 2, process.Describe($"ended with {exitCode}"));
        Assert.StartsWith("dchat: Standard input is closed.", Assert.Single(process.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_silo_answers_one_line_says_how_to_start_one()
    {
        await using var process = ChildProcess.Start(
            Assembly, ["--silo", $"127.0.0.1:{LoopbackPorts.Take()}", "--home", _folder["alice"], "send", NewTopic(), "lost"]);

        Assert.Equal(NotNow, await process.WaitForExitAsync(Cancel));

        Assert.Contains("dotnet run --project src/DChat.Silo", Assert.Single(process.Errors), StringComparison.Ordinal);
        Assert.Empty(process.Output);
    }

    [Fact]
    public async Task The_port_for_silos_is_told_from_the_client_port()
    {
        await using var process = ChildProcess.Start(
            Assembly, ["--silo", $"127.0.0.1:{silo.Settings.SiloPort}", "--home", _folder["alice"], "send", NewTopic(), "lost"]);

        Assert.Equal(1, await process.WaitForExitAsync(Cancel));

        Assert.Contains("is the port where silos meet each other, not the client port", Assert.Single(process.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_of_another_cluster_hangs_up_and_the_option_for_it_is_named()
    {
        await using var process = Start("alice", "--cluster-id", "other", "fetch", NewTopic());

        Assert.Equal(1, await process.WaitForExitAsync(Cancel));

        Assert.Contains("--cluster-id", Assert.Single(process.Errors), StringComparison.Ordinal);
    }

    private static string NewTopic() => $"topic-{Guid.NewGuid():N}";

    private ChildProcess Start(string home, params string[] arguments) => ChildProcess.Start(
        Assembly, ["--silo", $"127.0.0.1:{silo.Settings.ClientPort}", "--home", _folder[home], .. arguments]);

    /// <summary>Runs a verb to its end, which must be a good one, and returns what it printed.</summary>
    private async Task<List<JsonElement>> RunJsonAsync(string home, params string[] arguments)
    {
        await using var process = Start(home, ["--json", .. arguments]);
        var exitCode = await process.WaitForExitAsync(Cancel);
        Assert.True(exitCode == 0 && process.Errors.Count == 0, process.Describe($"ended with {exitCode}"));
        return [.. process.Output.Select(Parse)];
    }

    private static JsonElement Parse(string line) => JsonSerializer.Deserialize<JsonElement>(line);

    private static string Text(JsonElement line, string property) => line.GetProperty(property).GetString()!;
}

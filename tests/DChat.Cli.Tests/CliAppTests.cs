using System.Text;
using System.Text.Json;
using DChat.Cli.Session;
using DChat.Cli.Tests.Fakes;
using DChat.Client.Devices;
using DChat.Client.Tests.Fakes;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Sealing;
using DChat.Core.Topics;

namespace DChat.Cli.Tests;

public sealed class CliAppTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("dchat-").FullName;
    private readonly FakeCluster _cluster = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private byte[] _input = [];
    private CliSettings? _settings;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Directory.Delete(_home, recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_message_to_an_unknown_name_goes_to_a_public_topic_and_says_so()
    {
        Assert.Equal(0, await RunAsync("send", "general", "hello"));

        Assert.StartsWith("sent to general (public) ", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(1UL, _cluster.ShardOf(Topic.Public(FakeCluster.Network, "general")).Head.Sequence);
    }

    [Fact]
    public async Task A_message_to_a_topic_kept_here_is_sealed_for_it()
    {
        await RunAsync("topic", "create", "team", "--network", FakeCluster.Network);
        Clear();

        await RunAsync("send", "team", "hello");
        await RunAsync("fetch", "team");

        Assert.Contains("sent to team (private) ", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains(" hello", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("1 messages of team (private)", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fetch", "general")]
    [InlineData("fetch", "general", "--json")]
    public async Task A_message_from_after_the_year_9999_is_shown_with_the_last_time_there_is(params string[] words)
    {
        var topic = Topic.Public(FakeCluster.Network, "general");
        using var sealer = new EnvelopeSealer(DeviceSecret.Generate(), topic);
        var never = HybridTimestamp.Create(HybridTimestamp.MaxMilliseconds, 0);
        _cluster.ShardOf(topic).Append(sealer.Seal(1, never, RetentionClass.OneDay, DateTimeOffset.UnixEpoch, "hello"u8));

        Assert.Equal(0, await RunAsync(words));

        Assert.Matches("9999-12-31", _output.ToString());
    }

    [Fact]
    public async Task Each_line_of_standard_input_is_a_message()
    {
        _input = "one\n\ntwo\n"u8.ToArray();

        Assert.Equal(0, await RunAsync("send", "general", "--json"));
        var sent = Lines(_output);
        Clear();
        await RunAsync("fetch", "general", "--json");

        Assert.Equal(2, sent.Count);
        Assert.Equal(["one", "two"], Lines(_output).Take(2).Select(line => line.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task A_sent_message_has_its_place_in_json()
    {
        await RunAsync("--json", "send", "general", "hello");

        var sent = Assert.Single(Lines(_output));
        Assert.Equal(
            ["type", "topic", "public", "message_id", "cursor", "topic_sequence", "duplicate"],
            sent.EnumerateObject().Select(property => property.Name));
        Assert.Equal("sent", sent.GetProperty("type").GetString());
        Assert.Equal($"{_cluster.Shard(default).Log}:1", sent.GetProperty("cursor").GetString());
    }

    [Fact]
    public async Task Fetched_messages_and_the_page_have_their_shape_in_json()
    {
        await RunAsync("send", "general", "hello");
        await RunAsync("send", "general", "world");
        Clear();

        Assert.Equal(0, await RunAsync("fetch", "general", "--limit", "1", "--json"));

        var lines = Lines(_output);
        Assert.Equal(
            [
                "type", "topic", "public", "message_id", "cursor", "topic_sequence", "device", "author", "author_sequence",
                "sent_at", "composed_at", "retention", "text",
            ],
            lines[0].EnumerateObject().Select(property => property.Name));
        Assert.Equal("hello", lines[0].GetProperty("text").GetString());
        Assert.Equal(
            ["type", "topic", "public", "count", "next_cursor", "more"], lines[1].EnumerateObject().Select(property => property.Name));
        Assert.Equal(lines[0].GetProperty("cursor").GetString(), lines[1].GetProperty("next_cursor").GetString());
        Assert.True(lines[1].GetProperty("more").GetBoolean());

        Clear();
        await RunAsync("fetch", "general", "--json", "--after", lines[1].GetProperty("next_cursor").GetString()!);
        Assert.Equal("world", Lines(_output)[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_limit_beyond_a_page_is_fetched_in_pages()
    {
        _input = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 300).Select(i => $"{i}\n")));
        await RunAsync("send", "general");
        Clear();

        await RunAsync("fetch", "general", "--limit", "299", "--json");

        Assert.Equal(300, Lines(_output).Count);
        Assert.Equal(299, Lines(_output)[^1].GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Content_that_is_not_text_comes_as_base64()
    {
        await using (var client = new TestClient(_cluster, DChatHome.Open(_home), TimeProvider.System))
        {
            await client.Api.PublishAsync(Topic.Public(FakeCluster.Network, "general"), new byte[] { 0xff, 0x00 }, options: null, Token);
        }

        await RunAsync("fetch", "general", "--json");

        Assert.Equal("/wA=", Lines(_output)[0].GetProperty("content_base64").GetString());
        Assert.False(Lines(_output)[0].TryGetProperty("text", out _));
    }

    [Fact]
    public async Task Control_characters_of_a_message_do_not_reach_the_terminal()
    {
        await RunAsync("send", "general", "a\u001b[31mred\u001b]0;title\u0007\u202eevil\u009b1m\nnext");
        Clear();

        await RunAsync("fetch", "general");

        var shown = _output.ToString().TrimEnd();
        Assert.DoesNotContain(shown, char.IsControl);
        Assert.DoesNotContain('\u202e', shown);
        Assert.EndsWith(@" a\u{1b}[31mred\u{1b}]0;title\u{7}\u{202e}evil\u{9b}1m\nnext", shown, StringComparison.Ordinal);

        await RunAsync("fetch", "general", "--json");
        Assert.DoesNotContain(_output.ToString(), c => c is not '\n' and not '\r' && (char.IsControl(c) || c > '~'));
    }

    [Fact]
    public async Task Markup_in_a_message_is_shown_and_not_obeyed()
    {
        await RunAsync("send", "general", "[red]x[/] [[");
        Clear();

        Assert.Equal(0, await RunAsync("fetch", "general"));

        Assert.EndsWith(" [red]x[/] [[", _output.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tail_shows_what_comes_after_its_first_line_and_ends_well_when_interrupted()
    {
        using var interrupt = new CancellationTokenSource();
        var lines = new SignallingWriter();
        var tail = new CliApp(ConnectAsync, TimeProvider.System, Stream.Null, lines, _error)
            .RunAsync(["tail", "general", "--json", "--home", _home], interrupt.Token);
        await lines.WaitForAsync("\"type\":\"tail\"");

        await RunAsync("send", "general", "hello");
        await lines.WaitForAsync("\"text\":\"hello\"");
        await interrupt.CancelAsync();

        Assert.Equal(0, await tail);
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public async Task A_tail_of_everything_begins_with_the_oldest()
    {
        await RunAsync("send", "general", "old");
        using var interrupt = new CancellationTokenSource();
        var lines = new SignallingWriter();
        var tail = new CliApp(ConnectAsync, TimeProvider.System, Stream.Null, lines, _error)
            .RunAsync(["tail", "general", "--all", "--home", _home], interrupt.Token);

        await lines.WaitForAsync(" old");
        await interrupt.CancelAsync();

        Assert.Equal(0, await tail);
        Assert.Contains("This topic is public", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fetch", "--after")]
    [InlineData("tail", "--from")]
    public async Task A_cursor_that_cannot_be_continued_is_an_error_with_its_code(string verb, string option)
    {
        Assert.Equal(1, await RunAsync(verb, "general", "--json", option, $"{new string('0', 32)}:7"));

        Assert.Equal("cursor-gap", Assert.Single(Lines(_error)).GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_topic_is_made_listed_and_joined_elsewhere()
    {
        Assert.Equal(0, await RunAsync("topic", "create", "team"));
        var invite = _output.ToString().Trim();
        Assert.Contains("Whoever has this invite can read and write", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("topic", "create", "lobby", "--public"));

        var other = Path.Combine(_home, "other");
        Assert.Equal(0, await RunAsync("topic", "join", invite, "--as", "their team", "--home", other));
        Clear();
        await RunAsync("topic", "list", "--json", "--invites", "--home", other);
        var joined = Assert.Single(Lines(_output));
        Assert.Equal(
            ["type", "topic", "public", "network", "tag", "invite"], joined.EnumerateObject().Select(property => property.Name));
        Assert.Equal("their team", joined.GetProperty("topic").GetString());
        Assert.Equal(invite, joined.GetProperty("invite").GetString());

        Clear();
        await RunAsync("topic", "list");
        Assert.Matches(@"team +private +dchat-dev +[0-9a-f]{32}", _output.ToString());
        Assert.Matches(@"lobby +public +dchat-dev +[0-9a-f]{32}", _output.ToString());
        Assert.DoesNotContain(invite, _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_device_is_shown_without_a_silo()
    {
        Assert.Equal(0, await RunAsync("id", "--json"));

        var device = Assert.Single(Lines(_output));
        Assert.Equal(["type", "device", "home", "topics"], device.EnumerateObject().Select(property => property.Name));
        using var home = DChatHome.Open(_home);
        Assert.Equal(home.Device.PublicKey.ToString(), device.GetProperty("device").GetString());
        Assert.Equal(home.Path, device.GetProperty("home").GetString());
        Assert.Null(_settings);
    }

    [Theory]
    [InlineData("", "Say what to do: send, tail, fetch, topic, device, peers, dht, sync, scrub, relay-circuit, log, id, negentropy-harness.")]
    [InlineData("topic", "Say what to do: create, join, list.")]
    [InlineData("shout general", "'shout' is not a command of dchat. Try: dchat --help")]
    [InlineData("send", "Required argument 'topic'")]
    [InlineData("send general hi --retention 3d", "Must be one of: '1d' '7d'")]
    [InlineData("tail general --from here", "--from takes a cursor")]
    [InlineData("tail general --all --from 00000000000000000000000000000000:1", "exclude each other")]
    [InlineData("fetch general --limit 0", "--limit takes a number from 1, not '0'")]
    [InlineData("fetch general --limit many", "--limit takes a number from 1")]
    [InlineData("id --silo nowhere", "--silo takes host:port")]
    [InlineData("id --silo 127.0.0.1:65536", "--silo takes host:port")]
    [InlineData("id --silo 127.0.0.1:0", "--silo takes host:port")]
    public async Task A_command_line_that_makes_no_sense_is_one_line_and_exit_code_2(string line, string expected)
    {
        Assert.Equal(2, await RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

        Assert.Contains(expected, _error.ToString(), StringComparison.Ordinal);
        Assert.Single(_error.ToString().TrimEnd().Split('\n'));
        Assert.Equal("", _output.ToString());
    }

    [Fact]
    public async Task Usage_errors_are_json_when_asked_for()
    {
        Assert.Equal(2, await RunAsync("fetch", "--json"));

        var error = Assert.Single(Lines(_error));
        Assert.Equal(["error", "message"], error.EnumerateObject().Select(property => property.Name));
        Assert.Equal("usage", error.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("topic join dchat1_AAAA", "invite-invalid")]
    [InlineData("topic join nonsense", "invite-invalid")]
    [InlineData("send dchat1_AAAA hi", "topic-name-invalid")]
    [InlineData("topic create dchat1_AAAA", "topic-name-invalid")]
    [InlineData("topic create team --network NOT/OK", "topic-name-invalid")]
    public async Task What_cannot_be_meant_has_a_stable_code(string line, string code)
    {
        Assert.Equal(2, await RunAsync([.. line.Split(' '), "--json"]));

        Assert.Equal(code, Assert.Single(Lines(_error)).GetProperty("error").GetString());
        Assert.Equal("", _output.ToString());
    }

    [Fact]
    public async Task A_rejection_has_the_code_of_the_relay()
    {
        _cluster.BeforePublish = _ => Task.FromResult<DChat.Abstractions.Messages.PublishReply?>(
            new(_cluster.Shard(default).Log, [new(DChat.Core.Envelopes.RejectionCode.PermitRequired)]));

        Assert.Equal(1, await RunAsync("send", "general", "hi", "--retention", "permanent", "--json"));

        Assert.Equal("permit-required", Assert.Single(Lines(_error)).GetProperty("error").GetString());
    }

    [Fact]
    public async Task Settings_come_from_the_options_or_their_defaults()
    {
        await RunAsync("send", "general", "hi");
        Assert.Equal(new CliSettings(new SiloEndpoint("127.0.0.1", 30_000), _home, "dchat", "dchat"), _settings);

        await RunAsync("send", "general", "hi", "--silo", "relay.example.org:9", "--cluster-id", "c", "--service-id", "s");
        Assert.Equal(new CliSettings(new SiloEndpoint("relay.example.org", 9), _home, "c", "s"), _settings);
    }

    [Fact]
    public async Task The_files_for_TLS_come_from_the_options()
    {
        await RunAsync("send", "general", "hi", "--tls-certificate", "a.pem", "--tls-key", "a.key", "--tls-authority", "ca.pem");

        Assert.Equal(("a.pem", "a.key", "ca.pem"), (_settings!.Tls!.Certificate, _settings.Tls.Key, _settings.Tls.Authority));
    }

    private Task<int> RunAsync(params string[] args)
    {
        string[] home = args.Contains("--home") ? [] : ["--home", _home];
        return new CliApp(ConnectAsync, TimeProvider.System, new MemoryStream(_input), _output, _error).RunAsync([.. args, .. home], Token);
    }

    private Task<CliSession> ConnectAsync(CliSettings settings, CancellationToken cancellationToken)
    {
        _settings = settings;
        var home = DChatHome.Open(settings.Home);
        var client = new TestClient(_cluster, home, TimeProvider.System);
        return Task.FromResult(new CliSession(home, client.Api, client.Devices, client.Operator, client));
    }

    private void Clear()
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
    }

    private static List<JsonElement> Lines(StringWriter writer) =>
        [.. writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
}

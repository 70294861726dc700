using System.Text.Json;
using DChat.Cli.Tests.Fakes;
using DChat.Core.Identity;

namespace DChat.Cli.Tests.Commands;

public sealed class DeviceCommandTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task An_identity_is_begun_a_device_asks_is_added_and_takes_over()
    {
        var created = await RunAsync("laptop", "create");
        Assert.Equal(["identity", "identity_device", "recovery_key"], created.Select(Type));
        var identity = created[0].GetProperty("identity").GetString()!;
        using var recovery = RecoveryKeyText.TryParse(created[2].GetProperty("recovery_key").GetString());
        Assert.Equal(created[0].GetProperty("recovery").GetString(), recovery!.PublicKey.ToString());
        Assert.True(created[1].GetProperty("self").GetBoolean());

        var request = (await RunAsync("phone", "request", identity)).Single();
        Assert.Equal("unknown", (await RunAsync("phone", "sync")).Single().GetProperty("standing").GetString());
        var added = (await RunAsync("laptop", "add", request.GetProperty("request").GetString()!, "--name", "my phone")).Single();
        Assert.Equal("device_added", Type(added));
        Assert.Equal(request.GetProperty("device").GetString(), added.GetProperty("device").GetString());

        var synced = (await RunAsync("phone", "sync")).Single();
        Assert.Equal("active", synced.GetProperty("standing").GetString());
        Assert.Equal(1, synced.GetProperty("states_read").GetInt32());
        var listed = await RunAsync("phone", "list");
        Assert.Equal(["identity", "identity_device", "identity_device"], listed.Select(Type));
        Assert.Equal("my phone", listed[2].GetProperty("name").GetString());
        Assert.Equal("active", listed[2].GetProperty("standing").GetString());
        Assert.False(listed[0].GetProperty("frozen").GetBoolean());
    }

    [Fact]
    public async Task A_revoked_devices_later_messages_are_flagged_for_whoever_follows_the_identity()
    {
        var (identity, phone) = await PairAsync();
        await RunAsync("friend", "follow", identity);
        await SendAsync("phone", "before");

        var revoked = (await RunAsync("laptop", "revoke", phone, "--topic", "tea")).Single();
        Assert.Equal("device_revoked", Type(revoked));
        Assert.Equal(1, revoked.GetProperty("author_keys").GetInt32());
        await SendAsync("phone", "after");

        _cli.Home = "friend";
        Assert.Equal(0, await _cli.RunAsync("fetch", "tea", "--json"));
        Assert.Equal(["valid", "revoked"], _cli.Lines.Take(2).Select(line => line.GetProperty("standing").GetString()));
        Assert.All(_cli.Lines.Take(2), line => Assert.Equal(identity, line.GetProperty("identity").GetString()));
        await _cli.RunAsync("fetch", "tea");
        Assert.Contains("after\n  The device was revoked before it wrote this.", _cli.Output, StringComparison.Ordinal);
        await _cli.RunAsync("device", "list", "--identity", identity);
        Assert.Contains("revoked", _cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_read_muted_and_noted_reaches_the_other_device()
    {
        await PairAsync();
        await SendAsync("phone", "hello");
        await SendAsync("phone", "there");
        var read = (await RunAsync("phone", "read", "tea")).Single();
        Assert.EndsWith(":2", read.GetProperty("read_cursor").GetString(), StringComparison.Ordinal);
        Assert.True((await RunAsync("phone", "mute", "tea")).Single().GetProperty("muted").GetBoolean());
        await RunAsync("phone", "note", "name", "Anna");
        await RunAsync("phone", "sync");

        Assert.False((await RunAsync("laptop", "read", "tea", "--show")).Single().TryGetProperty("read_cursor", out _));
        await RunAsync("laptop", "sync");

        var shown = (await RunAsync("laptop", "read", "tea", "--show")).Single();
        Assert.Equal(read.GetProperty("read_cursor").GetString(), shown.GetProperty("read_cursor").GetString());
        Assert.True(shown.GetProperty("muted").GetBoolean());
        Assert.Equal(["Anna"], (await RunAsync("laptop", "note", "name")).Single().GetProperty("texts").EnumerateArray().Select(text => text.GetString()));
        Assert.False((await RunAsync("laptop", "unmute", "tea")).Single().GetProperty("muted").GetBoolean());
    }

    [Fact]
    public async Task Topics_of_one_device_are_kept_on_the_others()
    {
        await PairAsync();
        _cli.Home = "phone";
        await _cli.RunAsync("topic", "create", "secret tea", "--network", "dchat-test");
        await RunAsync("phone", "sync");

        Assert.Equal(1, (await RunAsync("laptop", "sync")).Single().GetProperty("topics_added").GetInt32());
        _cli.Home = "laptop";
        await _cli.RunAsync("topic", "list", "--json");
        Assert.Equal("secret tea", _cli.Lines.Single().GetProperty("topic").GetString());
    }

    [Theory]
    [InlineData(2, "identity-malformed", "request", "xy")]
    [InlineData(2, "device-key-malformed", "revoke", "xy")]
    [InlineData(2, "entry-malformed", "settle", "xy", "--recovery", "GOOD")]
    [InlineData(2, "recovery-key-malformed", "revoke", "00", "--recovery", "dchatrecovery1_x")]
    [InlineData(1, "device-without-identity", "list")]
    [InlineData(1, "device-without-identity", "add", "dchatdevice1_x")]
    [InlineData(2, "usage", "settle", "xy")]
    [InlineData(2, "note-too-long", "note", "", "text")]
    public async Task What_makes_no_sense_is_said_with_a_stable_code(int exitCode, string code, params string[] words)
    {
        using var recovery = Core.Keys.SigningKey.Generate();
        words = Array.ConvertAll(words, word => word == "GOOD" ? RecoveryKeyText.Create(recovery) : word);

        Assert.Equal(exitCode, await _cli.RunAsync(["device", .. words, "--json"]));
        Assert.Equal(code, _cli.ErrorLines.Single().GetProperty("error").GetString());
    }

    [Fact]
    public async Task An_identity_without_a_recovery_key_says_so()
    {
        Assert.Equal(["identity", "identity_device"], (await RunAsync("laptop", "create", "--no-recovery")).Select(Type));

        await _cli.RunAsync("device", "list");
        Assert.Contains("without recovery key", _cli.Output, StringComparison.Ordinal);
        Assert.Contains("this device", _cli.Output, StringComparison.Ordinal);
    }

    private static string Type(JsonElement line) => line.GetProperty("type").GetString()!;

    private async Task<(string Identity, string Phone)> PairAsync()
    {
        var identity = (await RunAsync("laptop", "create"))[0].GetProperty("identity").GetString()!;
        var request = (await RunAsync("phone", "request", identity)).Single();
        await RunAsync("laptop", "add", request.GetProperty("request").GetString()!);
        await RunAsync("phone", "sync");
        await RunAsync("laptop", "sync");
        return (identity, request.GetProperty("device").GetString()!);
    }

    private async Task SendAsync(string home, string text)
    {
        _cli.Home = home;
        Assert.Equal(0, await _cli.RunAsync("send", "tea", text));
    }

    private async Task<List<JsonElement>> RunAsync(string home, params string[] words)
    {
        _cli.Home = home;
        var exitCode = await _cli.RunAsync(["device", .. words, "--json"]);
        Assert.True(exitCode == 0, _cli.Error);
        return _cli.Lines;
    }
}

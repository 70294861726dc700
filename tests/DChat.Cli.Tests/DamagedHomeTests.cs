using DChat.Cli.Tests.Fakes;

namespace DChat.Cli.Tests;

/// <summary>The advice for damaged sequences, followed to the letter.</summary>
public sealed class DamagedHomeTests : IDisposable
{
    private readonly CliRun _cli = new();

    private string Home => _cli.Folder["home"];

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Whoever_follows_the_advice_for_damaged_sequences_does_not_look_like_a_cheat()
    {
        await SendAndDamageAsync();
        Assert.Equal(ExitCodes.Failure, await _cli.RunAsync("send", "team", "two"));
        Assert.Contains("Do not restore or delete it", _cli.Error, StringComparison.Ordinal);
        Assert.Contains($"Move the whole directory {Home} away", _cli.Error, StringComparison.Ordinal);
        Assert.Contains("the old topics.json may be copied to it", _cli.Error, StringComparison.Ordinal);

        var old = _cli.Folder["old"];
        Directory.Move(Home, old);
        await _cli.RunAsync("id");
        File.Copy(Path.Combine(old, "topics.json"), Path.Combine(Home, "topics.json"));

        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync("send", "team", "two"));
        Assert.Equal(0, await CountContradictionsAsync());
    }

    [Fact]
    public async Task Whoever_deletes_the_damaged_sequences_looks_like_one()
    {
        var sequences = await SendAndDamageAsync();
        File.Delete(sequences);

        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync("send", "team", "two"));
        Assert.Equal(1, await CountContradictionsAsync());
    }

    private async Task<string> SendAndDamageAsync()
    {
        await _cli.RunAsync("topic", "create", "team", "--network", "dchat-test");
        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync("send", "team", "one"));
        var sequences = Assert.Single(Directory.GetFiles(Path.Combine(Home, "sequences")));
        await File.WriteAllTextAsync(sequences, "damage", TestContext.Current.CancellationToken);
        return sequences;
    }

    private async Task<int> CountContradictionsAsync()
    {
        await _cli.RunAsync("fetch", "team", "--json");
        Assert.Equal(["one", "two"], _cli.Lines.SkipLast(1).Select(line => line.GetProperty("text").GetString()));
        return _cli.Lines.Count(line => line.TryGetProperty("contradicts", out _));
    }
}

using System.Text.Json;
using DChat.Client.Devices;
using DChat.Core;
using DChat.Core.Topics;

namespace DChat.Client.Tests.Devices;

public sealed class TopicBookTests : IDisposable
{
    private const string Network = "dchat-test";

    private readonly string _path = Directory.CreateTempSubdirectory("dchat-").FullName;
    private readonly DChatHome _home;

    public TopicBookTests() => _home = DChatHome.Open(_path);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _home.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    [Fact]
    public async Task Topics_come_back_in_order_with_their_secrets()
    {
        var team = Topic.CreatePrivate(Network, "team");
        var lobby = Topic.Public(Network, "lobby");
        await _home.Topics.AddAsync("team", team, Token);
        await _home.Topics.AddAsync("hall", lobby, Token);

        using var reopened = DChatHome.Open(_path);

        Assert.Equal(["team", "hall"], reopened.Topics.Read().Select(entry => entry.Key));
        Assert.Equal(team.Tag, reopened.Topics.Find("team")!.Tag);
        Assert.True(reopened.Topics.Find("hall")!.IsPublic);
        Assert.Null(reopened.Topics.Find("lobby"));
    }

    [Fact]
    public async Task The_same_topic_may_be_added_again_but_no_other_under_its_name()
    {
        var team = Topic.CreatePrivate(Network, "team");
        await _home.Topics.AddAsync("team", team, Token);
        await _home.Topics.AddAsync("team", team, Token);

        var error = await Assert.ThrowsAsync<DChatException>(
            () => _home.Topics.AddAsync("team", Topic.CreatePrivate(Network, "team"), Token));

        Assert.Equal(DChatErrorCodes.TopicExists, error.Code);
        Assert.Equal(team.Tag, Assert.Single(_home.Topics.Read()).Value.Tag);
    }

    [Fact]
    public async Task Two_stores_that_add_at_once_lose_nothing()
    {
        using var other = DChatHome.Open(_path);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(
            () => (i % 2 == 0 ? _home : other).Topics.AddAsync($"t{i}", Topic.CreatePrivate(Network, $"t{i}"), Token), Token)));

        Assert.Equal(20, _home.Topics.Read().Count);
    }

    [Fact]
    public async Task A_home_keeps_topics_up_to_its_limit_and_none_beyond()
    {
        var invite = TopicInvite.Create(Topic.Public(Network, "lobby"));
        WriteTopics(Enumerable.Range(0, TopicBook.MaxTopics - 1).Select(i => (object)new { name = $"t{i}", invite }));

        await _home.Topics.AddAsync("last", Topic.Public(Network, "last"), Token);
        var error = await Assert.ThrowsAsync<DChatException>(() => _home.Topics.AddAsync("more", Topic.Public(Network, "more"), Token));

        Assert.Equal(DChatErrorCodes.TooManyTopics, error.Code);
        Assert.Equal(TopicBook.MaxTopics, _home.Topics.Read().Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("""{"version":1}""")]
    [InlineData("""{"version":2,"topics":[]}""")]
    [InlineData("""{"version":1,"topics":[{"name":"team","invite":"dchat1_AAAA"}]}""")]
    [InlineData("""{"version":1,"topics":[{"name":"team"}]}""")]
    public async Task A_topics_file_that_is_not_ours_is_an_error_and_stays_as_it_is(string content)
    {
        WriteFile(content);

        Assert.Equal(DChatErrorCodes.HomeCorrupt, Assert.Throws<DChatException>(_home.Topics.Read).Code);
        var error = await Assert.ThrowsAsync<DChatException>(() => _home.Topics.AddAsync("t", Topic.Public(Network, "t"), Token));

        Assert.Equal(DChatErrorCodes.HomeCorrupt, error.Code);
        Assert.Equal(content, File.ReadAllText(Path.Combine(_path, "topics.json")));
    }

    private void WriteTopics(IEnumerable<object> topics) => WriteFile(JsonSerializer.Serialize(new { version = 1, topics }));

    private void WriteFile(string content)
    {
        var file = Path.Combine(_path, "topics.json");
        File.WriteAllText(file, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}

using System.Text.Json;
using DChat.Core;
using DChat.Core.Topics;

namespace DChat.Client.Devices;

/// <summary>The topics a home directory knows, by the names they go by here (<c>topics.json</c>). Thread-safe.</summary>
public sealed class TopicBook
{
    /// <summary>The most topics in one home directory.</summary>
    public const int MaxTopics = 4_096;

    internal const string FileName = "topics.json";
    private const int Version = 1;

    private readonly HomeDirectory _home;

    internal TopicBook(HomeDirectory home) => _home = home;

    /// <summary>All topics as the file has them now, in the order they were added.</summary>
    /// <exception cref="DChatException">The file cannot be read (<c>home-unavailable</c>) or is not ours (<c>home-corrupt</c>).</exception>
    public IReadOnlyList<KeyValuePair<string, Topic>> Read()
    {
        if (_home.Files.Read(FileName) is not { } content)
        {
            return [];
        }

        TopicsDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(content, HomeJson.Default.TopicsDocument);
        }
        catch (JsonException failure)
        {
            throw _home.Files.Corrupt(FileName, HomeJson.Fault(content), failure);
        }

        return document is { Version: Version, Topics: not null }
            ? document.Topics.ConvertAll(Open)
            : throw _home.Files.Corrupt(FileName, "it does not hold topics of a version this program knows");
    }

    /// <summary>The topic that goes by a name here, or null.</summary>
    /// <exception cref="DChatException">The file cannot be read (<c>home-unavailable</c>) or is not ours (<c>home-corrupt</c>).</exception>
    public Topic? Find(string name) => Read().FirstOrDefault(entry => entry.Key == name).Value;

    /// <summary>Adds a topic under a name; adding the same one again changes nothing.</summary>
    /// <exception cref="DChatException">
    /// Another topic goes by the name (<c>topic-exists</c>), there are <see cref="MaxTopics"/> (<c>too-many-topics</c>), the
    /// directory is in use (<c>home-locked</c>) or unusable (<c>home-unavailable</c>, <c>home-corrupt</c>).
    /// </exception>
    public async Task AddAsync(string name, Topic topic, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(topic);
        using var _ = await _home.LockAsync(cancellationToken).ConfigureAwait(false);
        var entries = Read();
        var invite = TopicInvite.Create(topic);
        var known = entries.FirstOrDefault(entry => entry.Key == name).Value;
        if (known is not null)
        {
            if (TopicInvite.Create(known) != invite)
            {
                throw new DChatException(DChatErrorCodes.TopicExists, $"Another topic goes by the name {name}: choose a different name.");
            }

            return;
        }

        if (entries.Count == MaxTopics)
        {
            throw new DChatException(DChatErrorCodes.TooManyTopics, $"There are {MaxTopics} topics already, the most one home directory keeps.");
        }

        List<TopicEntry> all = [.. entries.Select(entry => new TopicEntry(entry.Key, TopicInvite.Create(entry.Value))), new(name, invite)];
        _home.Files.Replace(
            FileName, JsonSerializer.SerializeToUtf8Bytes(new TopicsDocument(Version, all), HomeJson.Default.TopicsDocument));
    }

    private KeyValuePair<string, Topic> Open(TopicEntry entry) =>
        TopicInvite.TryParse(entry.Invite, out var topic, out var error) && !string.IsNullOrEmpty(entry.Name)
            ? new(entry.Name, topic)
            : throw _home.Files.Corrupt(FileName, $"topic {entry.Name}: {error ?? "it has no name"}");
}

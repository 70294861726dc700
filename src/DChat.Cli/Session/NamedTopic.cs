using DChat.Core.Topics;

namespace DChat.Cli.Session;

/// <summary>A topic and the name it goes by here.</summary>
internal sealed record NamedTopic(string Name, Topic Topic)
{
    /// <summary>What everybody must see beside the name.</summary>
    public string Visibility => Topic.IsPublic ? "public" : "private";
}

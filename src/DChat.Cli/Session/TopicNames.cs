using DChat.Core.Topics;

namespace DChat.Cli.Session;

/// <summary>Makes topics from what users type.</summary>
internal static class TopicNames
{
    public const string InvalidCode = "topic-name-invalid";

    public static Topic Public(string network, string name) => Guard(name, () => Topic.Public(network, name));

    public static Topic CreatePrivate(string network, string name) => Guard(name, () => Topic.CreatePrivate(network, name));

    private static Topic Guard(string name, Func<Topic> make)
    {
        // An invite holds a secret: taken for a name, it would end up as a public topic.
        if (name.StartsWith(TopicInvite.Prefix, StringComparison.Ordinal))
        {
            throw new UsageException(InvalidCode, "This is an invite, not a name: join it first with dchat topic join.");
        }

        try
        {
            return make();
        }
        catch (ArgumentException invalid)
        {
            throw new UsageException(InvalidCode, WithoutParameter(invalid));
        }
    }

    // ArgumentException appends the parameter's name, which means nothing to a user.
    private static string WithoutParameter(ArgumentException invalid)
    {
        var end = invalid.Message.IndexOf(" (Parameter", StringComparison.Ordinal);
        return end < 0 ? invalid.Message : invalid.Message[..end];
    }
}

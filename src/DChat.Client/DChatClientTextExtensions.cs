using System.Text;
using DChat.Core.Topics;

namespace DChat.Client;

/// <summary>Text in place of bytes.</summary>
public static class DChatClientTextExtensions
{
    /// <summary>Publishes text as UTF-8; see <see cref="IDChatClient.PublishAsync"/>.</summary>
    public static Task<PublishReceipt> PublishAsync(
        this IDChatClient client, Topic topic, string text, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.PublishAsync(topic, Encoding.UTF8.GetBytes(text), options, cancellationToken);
    }

    /// <summary>Publishes text as UTF-8; see <see cref="IDChatClient.TryPublishAsync"/>.</summary>
    public static Task<PublishOutcome> TryPublishAsync(
        this IDChatClient client, Topic topic, string text, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.TryPublishAsync(topic, Encoding.UTF8.GetBytes(text), options, cancellationToken);
    }
}

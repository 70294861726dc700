using DChat.Feeds.Hosting;

namespace DChat.Client.Hosting;

/// <summary>Prepares an Orleans client outside the cluster.</summary>
public static class DChatClientBuilderExtensions
{
    /// <summary>
    /// Adds shard feeds, trace propagation and <see cref="IDChatClient"/> to an Orleans client; where the cluster is
    /// (clustering, cluster id, service id) stays with the caller.
    /// </summary>
    /// <param name="builder">The Orleans client.</param>
    /// <param name="configure">Sets options.</param>
    public static IClientBuilder UseDChatClient(this IClientBuilder builder, Action<DChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddActivityPropagation();
        builder.UseShardStreams();
        builder.Services.AddDChatClient(configure);
        return builder;
    }
}

using DChat.Abstractions.Serialization;
using DChat.Abstractions.Streams;
using Orleans.Streams;

namespace DChat.Client.Hosting;

/// <summary>Prepares an Orleans client outside the cluster.</summary>
public static class DChatClientBuilderExtensions
{
    /// <summary>
    /// Adds the gossip streams, trace propagation and <see cref="IDChatClient"/> to an Orleans client; where the cluster is
    /// (clustering, cluster id, service id) stays with the caller.
    /// </summary>
    /// <param name="builder">The Orleans client.</param>
    /// <param name="configure">Sets options.</param>
    public static IClientBuilder UseDChatClient(this IClientBuilder builder, Action<DChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddActivityPropagation();
        builder.Services.AddShardStreamSerialization();
        builder.AddMemoryStreams(
            ShardStreams.Provider, streams => streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly));
        builder.Services.AddDChatClient(configure);
        return builder;
    }
}

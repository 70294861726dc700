using DChat.Feeds.Hosting;
using DChat.Tls.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DChat.Client.Hosting;

/// <summary>Prepares an Orleans client outside the cluster.</summary>
public static class DChatClientBuilderExtensions
{
    /// <summary>
    /// Adds shard feeds, trace propagation and <see cref="IDChatClient"/> to an Orleans client; where the cluster is
    /// (clustering, cluster id, service id) stays with the caller. With <see cref="DChatClientOptions.Tls"/> silos are dialed with TLS;
    /// the start then ends with a <see cref="DChat.Core.DChatException"/> of <see cref="DChat.Tls.TlsCodes"/> when certificates keep the client out.
    /// </summary>
    /// <param name="builder">The Orleans client.</param>
    /// <param name="configure">Sets options.</param>
    public static IClientBuilder UseDChatClient(this IClientBuilder builder, Action<DChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddActivityPropagation();
        builder.UseShardStreams();
        builder.UseDChatTls(services => services.GetRequiredService<IOptions<DChatClientOptions>>().Value.Tls);
        builder.Services.AddDChatClient(configure);
        return builder;
    }
}

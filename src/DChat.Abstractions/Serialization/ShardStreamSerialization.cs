using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;

namespace DChat.Abstractions.Serialization;

/// <summary>How the gossip streams travel between processes.</summary>
public static class ShardStreamSerialization
{
    /// <summary>
    /// Makes stream payloads travel as blocks of bytes. Part of the wire contract: every silo and client of a cluster that has
    /// the gossip streams needs it.
    /// </summary>
    public static IServiceCollection AddShardStreamSerialization(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var codec = new ByteSegmentCodec();
        services.AddSingleton<IFieldCodec<ArraySegment<byte>>>(codec);
        services.AddSingleton<IDeepCopier<ArraySegment<byte>>>(codec);
        return services;
    }
}

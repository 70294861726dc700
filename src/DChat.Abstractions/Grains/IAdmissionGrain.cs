using DChat.Abstractions.Messages;

namespace DChat.Abstractions.Grains;

/// <summary>The SDK's door: verifies envelopes on the silo it lands on, then appends them to their shard. Stateless; key 0.</summary>
[Alias("dchat.IAdmissionGrain"), GrainInterfaceType("dchat.IAdmissionGrain")]
public interface IAdmissionGrain : IGrainWithIntegerKey
{
    /// <summary>What a client must know of the network.</summary>
    [Alias("DescribeAsync")]
    Task<NetworkDescription> DescribeAsync();

    /// <summary>Verifies each envelope and keeps those that pass; returns when they are durable.</summary>
    /// <exception cref="DChat.Core.DChatException">The batch itself is malformed or over its limits (<c>batch-malformed</c>); nothing was kept.</exception>
    [Alias("PublishAsync")]
    Task<PublishReply> PublishAsync(PublishRequest request);
}

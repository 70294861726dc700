using DChat.Abstractions.Messages;

namespace DChat.Abstractions.Grains;

/// <summary>What a gateway answers about itself while it runs; <see cref="IPeerSetGrain"/> passes operators' questions on to it.</summary>
[Alias("dchat.IGatewayPort"), GrainInterfaceType("dchat.IGatewayPort")]
public interface IGatewayPort : IGrainObserver
{
    /// <summary>What it knows of the DHT.</summary>
    [Alias("DescribeDhtAsync")]
    Task<DhtDescription> DescribeDhtAsync();

    /// <summary>Looks a peer up in the DHT.</summary>
    /// <param name="peerId">The peer's PeerId as text.</param>
    /// <returns>Null when the text is no PeerId.</returns>
    [Alias("FindPeerAsync")]
    Task<DhtFinding?> FindPeerAsync(string peerId);
}

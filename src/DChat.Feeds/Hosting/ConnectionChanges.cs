using DChat.Abstractions.Streams;

namespace DChat.Feeds.Hosting;

/// <summary>
/// What a client outside the cluster sees of it: silos whose client port it reaches or no longer reaches. A silo that could not
/// reach the client for a while has dropped its subscriptions.
/// </summary>
internal sealed class ConnectionChanges : IClusterChanges
{
    /// <inheritdoc/>
    public event Action? Changed;

    /// <summary>Takes the number of silos reached; with none there is nobody to ask.</summary>
    public void OnGatewayCount(int now, int before)
    {
        if (now != before && now > 0)
        {
            Changed?.Invoke();
        }
    }
}

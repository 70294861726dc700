namespace DChat.Abstractions.Messages;

/// <summary>A peer in the routing table of a gateway.</summary>
[GenerateSerializer, Immutable, Alias("dchat.DhtPeerDescription")]
public sealed class DhtPeerDescription(string peerId, int bucket, TimeSpan sinceAnswer, int failures, string[] groups)
{
    /// <summary>Its PeerId as text.</summary>
    [Id(0)]
    public string PeerId { get; } = peerId;

    /// <summary>Leading bits that its key shares with the gateway's, 0 to 255.</summary>
    [Id(1)]
    public int Bucket { get; } = bucket;

    /// <summary>Time since its last answer.</summary>
    [Id(2)]
    public TimeSpan SinceAnswer { get; } = sinceAnswer;

    /// <summary>Requests in a row that it has not answered since.</summary>
    [Id(3)]
    public int Failures { get; } = failures;

    /// <summary>The networks whose share of the table it counts to; none for an address that is not public.</summary>
    [Id(4)]
    public string[] Groups { get; } = groups;
}

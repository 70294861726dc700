namespace DChat.Libp2p.Protocols.Kad.Routing;

/// <summary>Peers that one owner may have made all of, because they share a network.</summary>
/// <param name="Name">Such as <c>203.0.113.0/24</c>, or what the application names it by.</param>
/// <param name="MaxInBucket">Peers of the group in a bucket, at most.</param>
/// <param name="MaxInTable">Peers of the group in the table, at most.</param>
internal sealed record PeerGroup(string Name, int MaxInBucket, int MaxInTable);

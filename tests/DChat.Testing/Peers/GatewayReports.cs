using System.Globalization;
using DChat.Abstractions.Messages;
using DChat.Core.Topics;

namespace DChat.Testing.Peers;

/// <summary>Descriptions of gateways and peers that do not exist.</summary>
public static class GatewayReports
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static GatewayDescription Gateway(string peerId, int peers = 0, string silo = "edge-1") =>
        new(peerId, silo, new string('a', 64), [$"/ip4/127.0.0.1/tcp/4001/p2p/{peerId}"], peers, Start);

    /// <summary>A peer that wants shard 1 to 3 and connected <paramref name="number"/> seconds after the gateway's start.</summary>
    public static PeerDescription Peer(int number, string? agent = "js-libp2p/3.3.11", double? roundTrip = 1.25) => new(
        string.Create(CultureInfo.InvariantCulture, $"peer-{number:0000}"),
        $"/ip4/127.0.0.1/tcp/{50_000 + number}",
        PeerDirection.Inbound,
        agent,
        Start.AddSeconds(number),
        roundTrip,
        Shards(1, 2, 3));

    public static ShardSet Shards(params int[] shards) => new(shards.Select(shard => new ShardId((ushort)shard)));

    /// <summary>A report of <paramref name="described"/> peers out of <paramref name="total"/>.</summary>
    public static PeerSetReport Report(string gateway, int described, int? total = null) => new(
        Gateway(gateway, total ?? described),
        Start.AddMinutes(1),
        total ?? described,
        [.. Enumerable.Range(0, described).Select(number => Peer(number))]);

    /// <summary>An update that begins with an empty set, of the first <paramref name="described"/> peers out of <paramref name="total"/>.</summary>
    public static PeerSetUpdate Update(string gateway, int described, int? total = null, long number = 1, bool hasMore = false) =>
        Update(gateway, number, from: null, [.. Enumerable.Range(0, described).Select(place => Peer(place))], total ?? described, hasMore: hasMore);

    /// <summary>An update of any kind.</summary>
    public static PeerSetUpdate Update(
        string gateway, long number, long? from, PeerDescription[] changed, int total, string[]? removed = null, bool hasMore = false) =>
        new(Gateway(gateway, total), Start.AddMinutes(number), number, from, changed, removed ?? [], hasMore);
}

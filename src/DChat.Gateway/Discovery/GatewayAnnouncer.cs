using System.Text;
using DChat.Core.Protocol;
using DChat.Core.Relays;
using DChat.Core.Statements;
using DChat.Core.Topics;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Kad;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Discovery;

/// <summary>
/// Tells the DHT that the gateway is there: its signed record, and that it provides every shard. A gateway without an address
/// to tell is silent, since nobody could reach it.
/// </summary>
internal sealed partial class GatewayAnnouncer(
    Libp2pHost host,
    KademliaDht dht,
    GatewayIdentity identity,
    IOptions<NetworkOptions> network,
    TimeProvider time,
    ILogger<GatewayAnnouncer> logger)
{
    /// <summary>Time after which a record is made anew: well before it ends, so that a lost one is not missed.</summary>
    internal static readonly TimeSpan RenewalPeriod = TimeSpan.FromHours(12);

    private readonly ILogger _logger = logger;
    private readonly NetworkOptions _network = network.Value;
    private HashSet<Multiaddr> _told = [];
    private HashSet<Multiaddr> _tried = [];
    private DateTimeOffset _madeAt = DateTimeOffset.MinValue;
    private int _provided;

    /// <summary>The key under which providers of a shard are found: the SHA-256 multihash of its gossip topic.</summary>
    public static byte[] KeyOf(NetworkOptions network, ShardId shard) => Multihash.Sha256(Encoding.UTF8.GetBytes(GossipTopics.Of(network, shard)));

    /// <summary>
    /// Whether the gateway is elsewhere than the DHT was told last. Not while nobody keeps what it is told: the next round tries again.
    /// </summary>
    public bool HasMoved => Addresses() is { Count: > 0 } addresses && !_tried.SetEquals(addresses);

    /// <summary>Brings the DHT up to date; what fails is tried again at the next call.</summary>
    public async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        var addresses = Addresses();
        if (addresses.Count == 0)
        {
            return;
        }

        var now = time.GetUtcNow();
        if (now - _madeAt >= RenewalPeriod || !_told.SetEquals(addresses))
        {
            await PublishAsync(addresses, now, cancellationToken).ConfigureAwait(false);
        }

        // One after the other: a network of 4,096 shards would otherwise begin with 4,096 lookups at once. Kademlia repeats them.
        for (; _provided < _network.ShardCount; _provided++)
        {
            await dht.ProvideAsync(KeyOf(_network, new ShardId((ushort)_provided)), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The public addresses; where there are none, as on a laptop, all of them.</summary>
    private IReadOnlyList<Multiaddr> Addresses()
    {
        Multiaddr[] all = [.. host.Addresses.ToldTo(AddressClass.Loopback).Select(address => address.WithoutPeer()).Where(address => address.Bytes.Length <= GatewayRecord.MaxAddressLength)];
        Multiaddr[] open = [.. all.Where(address => AddressClasses.Of(address) == AddressClass.Public)];
        return [.. (open.Length > 0 ? open : all).Take(GatewayRecord.MaxAddresses)];
    }

    private async Task PublishAsync(IReadOnlyList<Multiaddr> addresses, DateTimeOffset now, CancellationToken cancellationToken)
    {
        _tried = [.. addresses];
        var record = new GatewayRecord
        {
            Gateway = identity.PublicKey,
            Delegation = identity.Delegation.Message,

            // Never before the one it replaces, whatever the clock has done.
            MadeAt = now > _madeAt ? now : _madeAt.AddMilliseconds(1),
            NotAfter = now + GatewayRecord.MaxLifetime,
            Addresses = [.. addresses.Select(address => address.Bytes)],
        };
        var signed = Signed<GatewayRecord>.Sign(_network.Network, record, identity.Key);
        var kept = await dht.PutValueAsync(GatewayRecordValidator.KeyOf(host.LocalPeer), signed.Encode(), cancellationToken).ConfigureAwait(false);
        if (kept.Count > 0)
        {
            (_told, _madeAt) = (_tried, record.MadeAt);
        }

        LogPublished(kept.Count);
    }

    [LoggerMessage(1, LogLevel.Debug, "The gateway's record is kept by {Count} peers of the DHT.")]
    private partial void LogPublished(int count);
}

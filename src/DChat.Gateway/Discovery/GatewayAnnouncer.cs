using DChat.Core.Protocol;
using DChat.Core.Relays;
using DChat.Core.Statements;
using DChat.Core.Topics;
using DChat.Libp2p;
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
    IOptions<GatewayOptions> options,
    IOptions<NetworkOptions> network,
    TimeProvider time,
    ILogger<GatewayAnnouncer> logger)
{
    /// <summary>Time after which a record is made anew: well before it ends, so that a lost one is not missed.</summary>
    internal static readonly TimeSpan RenewalPeriod = TimeSpan.FromHours(12);

    private readonly ILogger _logger = logger;
    private readonly NetworkOptions _network = network.Value;
    private readonly IReadOnlyList<Multiaddr> _announced = options.Value.AnnounceAddresses;
    private IReadOnlyList<Multiaddr> _told = [];
    private DateTimeOffset _madeAt = DateTimeOffset.MinValue;
    private int _provided;

    /// <summary>The key under which providers of a shard are found: the SHA-256 multihash of its gossip topic.</summary>
    public static byte[] KeyOf(NetworkOptions network, ShardId shard) => Multihash.Sha256(System.Text.Encoding.UTF8.GetBytes(GossipTopics.Of(network, shard)));

    /// <summary>Brings the DHT up to date; what fails is tried again at the next call.</summary>
    public async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Multiaddr> addresses = [.. (_announced.Count > 0 ? _announced : host.ListenAddresses)
            .Select(address => address.WithoutPeer())
            .Where(address => address.ToBytes().Length <= GatewayRecord.MaxAddressLength)
            .Take(GatewayRecord.MaxAddresses)];
        if (addresses.Count == 0)
        {
            return;
        }

        var now = time.GetUtcNow();
        if (now - _madeAt >= RenewalPeriod || !addresses.SequenceEqual(_told))
        {
            await PublishAsync(addresses, now, cancellationToken).ConfigureAwait(false);
        }

        // One after the other: a network of 4,096 shards would otherwise begin with 4,096 lookups at once. Kademlia repeats them.
        for (; _provided < _network.ShardCount; _provided++)
        {
            await dht.ProvideAsync(KeyOf(_network, new ShardId((ushort)_provided)), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task PublishAsync(IReadOnlyList<Multiaddr> addresses, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var record = new GatewayRecord
        {
            Gateway = identity.PublicKey,
            Delegation = identity.Delegation.Message,

            // Never before the one it replaces, whatever the clock has done.
            MadeAt = now > _madeAt ? now : _madeAt.AddMilliseconds(1),
            NotAfter = now + GatewayRecord.MaxLifetime,
            Addresses = [.. addresses.Select(address => (ReadOnlyMemory<byte>)address.ToBytes())],
        };
        var signed = Signed<GatewayRecord>.Sign(_network.Network, record, identity.Key);
        try
        {
            var kept = await dht.PutValueAsync(GatewayRecordValidator.KeyOf(host.LocalPeer), signed.Encode(), cancellationToken).ConfigureAwait(false);
            (_told, _madeAt) = (addresses, record.MadeAt);
            LogPublished(kept.Count);
        }
        catch (Libp2pException failure)
        {
            LogNotPublished(failure.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "The gateway's record is kept by {Count} peers of the DHT.")]
    private partial void LogPublished(int count);

    [LoggerMessage(2, LogLevel.Debug, "The gateway's record was not kept by anyone: {Reason}")]
    private partial void LogNotPublished(string reason);
}

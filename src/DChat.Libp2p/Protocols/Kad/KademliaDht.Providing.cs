using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Kad.Routing;
using DChat.Libp2p.Protocols.Kad.Wire;

namespace DChat.Libp2p.Protocols.Kad;

/// <content>Saying what this host provides, and saying it again.</content>
public sealed partial class KademliaDht
{
    /// <summary>Keys that a host may provide.</summary>
    public const int MaxProvided = 16_384;

    private readonly Lock _providedGate = new();
    private readonly Dictionary<KadId, (ReadOnlyMemory<byte> Key, TimeSpan Due)> _provided = [];

    /// <summary>
    /// Says to the k peers closest to a key that this host provides it, and says it again every
    /// <see cref="KademliaOptions.RepublishInterval"/> until <see cref="StopProviding"/>.
    /// </summary>
    /// <param name="key">A multihash. js takes SHA2-256 only, see <see cref="Multihash.Sha256"/>.</param>
    /// <param name="cancellationToken">Gives up for now; it is said again when its time comes.</param>
    /// <returns>The peers that were told.</returns>
    /// <exception cref="ArgumentException">The key is no multihash.</exception>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxProvided"/> keys already.</exception>
    public Task<int> ProvideAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default)
    {
        ReadOnlyMemory<byte> own = CheckMultihash(key).ToArray();
        lock (_providedGate)
        {
            if (_provided.Count >= MaxProvided && !_provided.ContainsKey(KadId.Of(own.Span)))
            {
                throw new InvalidOperationException($"A host provides at most {MaxProvided} keys.");
            }

            _provided[KadId.Of(own.Span)] = (own, _table.Now + _options.RepublishInterval);
        }

        return AnnounceAsync(own, cancellationToken);
    }

    /// <summary>Does not say again that this host provides a key. Others forget it when it expires.</summary>
    /// <returns>Whether it was provided.</returns>
    public bool StopProviding(ReadOnlyMemory<byte> key) { lock (_providedGate) { return _provided.Remove(KadId.Of(key.Span)); } }

    private async Task<int> AnnounceAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        var closest = await GetClosestPeersAsync(key, cancellationToken).ConfigureAwait(false);
        var told = await Task.WhenAll(closest.Select(p => _client.TellAsync(p.Peer, Announcement(key, p.Peer), cancellationToken))).ConfigureAwait(false);
        return told.Count(t => t);
    }

    /// <summary>Names the addresses that mean this host to the peer; one that is not connected is told the public ones.</summary>
    private KadMessage Announcement(ReadOnlyMemory<byte> key, PeerId peer)
    {
        var where = _host.ConnectionsTo(peer) is [var connection, ..] ? AddressClasses.OfTeller(connection.RemoteAddress) : AddressClass.Public;
        return new KadMessage(KadMessageType.AddProvider) { Key = key, ProviderPeers = [new KadPeer(_host.LocalPeer, _host.Addresses.ToldTo(where))] };
    }

    /// <summary>Says again what is due, one key after the other.</summary>
    private async Task RepublishAsync(CancellationToken cancellationToken)
    {
        (ReadOnlyMemory<byte> Key, TimeSpan Due)[] due;
        lock (_providedGate)
        {
            due = [.. _provided.Values.Where(p => p.Due <= _table.Now).OrderBy(p => p.Due)];
        }

        foreach (var (key, _) in due)
        {
            var told = await AnnounceAsync(key, cancellationToken).ConfigureAwait(false);
            lock (_providedGate)
            {
                // Nobody was there: soon again, not when everybody has forgotten it.
                if (_provided.ContainsKey(KadId.Of(key.Span)))
                {
                    _provided[KadId.Of(key.Span)] = (key, _table.Now + (told > 0 ? _options.RepublishInterval : MaintenanceInterval));
                }
            }
        }
    }

    private static ReadOnlyMemory<byte> CheckMultihash(ReadOnlyMemory<byte> key) =>
        Multihash.TryDecode(CheckKey(key).Span, out _, out _) ? key : throw new ArgumentException("The key is no multihash.", nameof(key));
}

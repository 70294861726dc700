using System.Runtime.CompilerServices;
using System.Threading.Channels;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad.Lookups;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Protocols.Ping;

namespace DChat.Libp2p.Protocols.Kad;

/// <content>Finding peers and providers.</content>
public sealed partial class KademliaDht
{
    /// <summary>The most providers that a search returns, however many there are.</summary>
    public const int MaxFoundProviders = 1000;

    /// <summary>The peers closest to a key that answer: at most k, the closest first.</summary>
    /// <param name="key">Any bytes, 1 to 512; for a peer those of its id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<KademliaPeer>> GetClosestPeersAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
        (await LookUpAsync(new KadMessage(KadMessageType.FindNode) { Key = CheckKey(key) }, null, cancellationToken).ConfigureAwait(false)).Closest;

    /// <summary>Finds a peer and connects to it, which proves that it is the one. One that is connected is not looked for.</summary>
    /// <param name="peer">The peer; it need not serve.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The peer and where it may be dialed; null when nobody knows it or it cannot be reached.</returns>
    public async Task<KademliaPeer?> FindPeerAsync(PeerId peer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (peer.Equals(_host.LocalPeer))
        {
            throw new ArgumentException("A host does not look for itself.", nameof(peer));
        }

        if (!IsConnected(peer))
        {
            var request = new KadMessage(KadMessageType.FindNode) { Key = peer.ToBytes() };
            var result = await LookUpAsync(request, (_, _) => IsConnected(peer), cancellationToken).ConfigureAwait(false);
            await ConnectAsync(peer, result.Told, cancellationToken).ConfigureAwait(false);
        }

        return IsConnected(peer) ? new KademliaPeer(peer, _host.Peers.Find(peer)?.Addresses ?? []) : null;
    }

    /// <summary>
    /// Finds who provides a key, as they are found. The peers that keep providers are asked, not the providers: whether one
    /// has what it says shows when it is connected to.
    /// </summary>
    /// <param name="key">A multihash, as given to <see cref="ProvideAsync"/>.</param>
    /// <param name="count">Ends after so many, 1 to <see cref="MaxFoundProviders"/>. Default 20.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async IAsyncEnumerable<KademliaPeer> FindProvidersAsync(
        ReadOnlyMemory<byte> key, int count = 20, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxFoundProviders);
        var request = new KadMessage(KadMessageType.GetProviders) { Key = CheckMultihash(key) };
        var found = new HashSet<PeerId>();
        await foreach (var provider in StreamAsync<KademliaPeer>(SearchAsync, cancellationToken).ConfigureAwait(false))
        {
            yield return provider;
        }

        async Task SearchAsync(ChannelWriter<KademliaPeer> providers, CancellationToken stop)
        {
            if (!Add(_providers.Get(key.Span, _clock.UtcNow), providers))
            {
                await LookUpAsync(request, (_, answer) => answer is not null && Add(answer.ProviderPeers, providers), stop).ConfigureAwait(false);
            }
        }

        bool Add(IReadOnlyList<KadPeer> told, ChannelWriter<KademliaPeer> providers)
        {
            foreach (var provider in told.Where(p => found.Count < count && found.Add(p.Id)))
            {
                providers.TryWrite(new KademliaPeer(provider.Id, provider.Addresses));
            }

            return found.Count >= count;
        }
    }

    private bool IsConnected(PeerId peer) => _host.ConnectionsTo(peer).Count > 0;

    /// <summary>Connects to a peer that was told of but not asked, or asked at a wrong address.</summary>
    private async Task ConnectAsync(PeerId peer, ToldAddresses told, CancellationToken cancellationToken)
    {
        if (IsConnected(peer) || (told.Of(peer) is var addresses && (addresses.Count == 0 || !_host.Peers.TryAddCandidate(peer, addresses))))
        {
            return;
        }

        try
        {
            await _host.PingAsync(peer, cancellationToken).ConfigureAwait(false);
        }
        catch (Libp2pException)
        {
            // Whether it is connected is what counts.
        }
    }

    private async Task<LookupResult> LookUpAsync(KadMessage request, Func<PeerId, KadMessage?, bool>? isEnough, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        return await _lookups.RunAsync(request, isEnough, either.Token).ConfigureAwait(false);
    }

    /// <summary>What a search writes, as it does; the search ends when the reader does.</summary>
    private static async IAsyncEnumerable<T> StreamAsync<T>(
        Func<ChannelWriter<T>, CancellationToken, Task> search, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var items = Channel.CreateUnbounded<T>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var searching = SearchAsync();
        try
        {
            await foreach (var item in items.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return item;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await searching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await searching.ConfigureAwait(false);

        async Task SearchAsync()
        {
            try
            {
                await search(items.Writer, stop.Token).ConfigureAwait(false);
            }
            finally
            {
                items.Writer.TryComplete();
            }
        }
    }
}

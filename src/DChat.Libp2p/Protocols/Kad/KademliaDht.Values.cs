using System.Threading.Channels;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad.Wire;

namespace DChat.Libp2p.Protocols.Kad;

/// <content>Records.</content>
public sealed partial class KademliaDht
{
    /// <summary>Stores a record at the k peers closest to its key.</summary>
    /// <param name="key">The key, <c>/namespace/…</c>; at most 512 bytes.</param>
    /// <param name="value">The value; at most 10 KiB.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The peers that keep it now.</returns>
    /// <exception cref="ArgumentException">No validator of the options judges the namespace, or it says no.</exception>
    public async Task<IReadOnlyList<PeerId>> PutValueAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken cancellationToken = default)
    {
        CheckNamespace(key);
        if (value.Length > KadMessage.MaxValueLength || !_validators.IsRight(key, value))
        {
            throw new ArgumentException("The validator of the namespace refuses the value.", nameof(value));
        }

        var closest = await GetClosestPeersAsync(key, cancellationToken).ConfigureAwait(false);
        return await StoreAsync([.. closest.Select(p => p.Peer)], key, value, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The best value of a key; null when nobody has one.</summary>
    /// <param name="key">The key.</param>
    /// <param name="quorum">Ends when so many peers have given a right value; 0, the default, asks all of the k closest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">No validator of the options judges the namespace.</exception>
    public async Task<ReadOnlyMemory<byte>?> GetValueAsync(ReadOnlyMemory<byte> key, int quorum = 0, CancellationToken cancellationToken = default)
    {
        ReadOnlyMemory<byte>? best = null;
        await foreach (var value in SearchValueAsync(key, quorum, cancellationToken).ConfigureAwait(false))
        {
            best = value;
        }

        return best;
    }

    /// <summary>
    /// The values of a key as they are found, each better than the one before. Afterwards the best is sent to those of the k
    /// closest that had another or none (kad-dht/README.md, "Entry correction").
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="quorum">Ends when so many peers have given a right value; 0, the default, asks all of the k closest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">No validator of the options judges the namespace.</exception>
    public IAsyncEnumerable<ReadOnlyMemory<byte>> SearchValueAsync(ReadOnlyMemory<byte> key, int quorum = 0, CancellationToken cancellationToken = default)
    {
        CheckNamespace(key);
        ArgumentOutOfRangeException.ThrowIfNegative(quorum);
        return StreamAsync<ReadOnlyMemory<byte>>((values, stop) => SearchAsync(key, quorum, values, stop), cancellationToken);
    }

    private async Task SearchAsync(ReadOnlyMemory<byte> key, int quorum, ChannelWriter<ReadOnlyMemory<byte>> values, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte>? best = null;
        var holders = new Dictionary<PeerId, ReadOnlyMemory<byte>>();
        if (_records.Get(key, _clock.UtcNow) is { } own)
        {
            Offer(own.Value);
        }

        var request = new KadMessage(KadMessageType.GetValue) { Key = key };
        var result = await LookUpAsync(request, Take, cancellationToken).ConfigureAwait(false);
        if (best is { } right)
        {
            // Not what the caller waits for.
            var wrong = result.Closest.Select(p => p.Peer).Where(p => !holders.TryGetValue(p, out var held) || !held.Span.SequenceEqual(right.Span));
            _tasks.Run(() => CorrectAsync([.. wrong], key, right));
        }

        bool Take(PeerId peer, KadMessage? answer)
        {
            if (answer?.Record is { } record && record.Key.Span.SequenceEqual(key.Span) && _validators.IsRight(key, record.Value))
            {
                holders[peer] = record.Value;
                Offer(record.Value);
            }

            return quorum > 0 && holders.Count >= quorum;
        }

        void Offer(ReadOnlyMemory<byte> value)
        {
            if (best is not { } than || (!than.Span.SequenceEqual(value.Span) && _validators.IsBetter(key, value, than)))
            {
                best = value;
                values.TryWrite(value);
            }
        }
    }

    private async Task CorrectAsync(IReadOnlyList<PeerId> peers, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
    {
        try
        {
            await StoreAsync(peers, key, value, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Kademlia stops.
        }
    }

    private async Task<IReadOnlyList<PeerId>> StoreAsync(
        IReadOnlyList<PeerId> peers, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        var request = new KadMessage(KadMessageType.PutValue) { Key = key, Record = new KadRecord(key, value) };
        var stored = await Task.WhenAll(peers.Select(StoreAtAsync)).ConfigureAwait(false);
        return [.. stored.OfType<PeerId>()];

        async Task<PeerId?> StoreAtAsync(PeerId peer)
        {
            var answer = await _client.AskAsync(peer, request, cancellationToken).ConfigureAwait(false);
            return answer?.Message.Record?.Value.Span.SequenceEqual(value.Span) is true ? peer : null;
        }
    }

    private void CheckNamespace(ReadOnlyMemory<byte> key)
    {
        CheckKey(key);
        if (_validators.Find(key.Span) is null)
        {
            throw new ArgumentException("No validator of the options judges the namespace of the key.", nameof(key));
        }
    }

    private static ReadOnlyMemory<byte> CheckKey(ReadOnlyMemory<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfZero(key.Length, nameof(key));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, KadMessage.MaxKeyLength, nameof(key));
        return key;
    }
}

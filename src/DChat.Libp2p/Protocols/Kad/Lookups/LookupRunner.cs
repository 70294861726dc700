using System.Threading.Channels;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad.Routing;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Streams;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Kad.Lookups;

/// <summary>Runs lookups: asks whom the <see cref="KadLookup"/> names, and gives it the answers.</summary>
internal sealed class LookupRunner(
    ILibp2pHost host, KademliaOptions options, KadTable table, PeerNetworks networks, KadClient client, KadCounters counters, ILogger logger)
{
    private readonly KadId _self = KadId.Of(host.LocalPeer);

    /// <summary>
    /// Looks for the peers closest to the key of a request, sending the request to each on the way. Ends when the lookup does,
    /// when enough was found, or when its time is over.
    /// </summary>
    /// <param name="request">What to ask.</param>
    /// <param name="isEnough">Called after each answer, and with null after each failure, one at a time; ends the lookup by returning true. It may be null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The k closest that have answered, the closest first, with the addresses they were told at.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal async Task<LookupResult> RunAsync(
        KadMessage request, Func<PeerId, KadMessage?, bool>? isEnough, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        counters.CountLookup();
        var target = KadId.Of(request.Key.Span);
        var lookup = new KadLookup(target, _self, table.Seeds(target), options.BucketSize, options.Concurrency);
        var told = new ToldAddresses();
        using var timeout = new CancellationTokenSource(options.LookupTimeout, host.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var answers = Channel.CreateUnbounded<(PeerId Peer, KadAnswer? Answer)>();
        var running = new HashSet<Task>();
        try
        {
            while (!lookup.IsDone)
            {
                foreach (var peer in lookup.Next())
                {
                    told.Asked(peer);
                    running.Add(AskAsync(peer, request, told.Of(peer), answers.Writer, stop.Token));
                }

                var (from, answer) = await answers.Reader.ReadAsync(stop.Token).ConfigureAwait(false);
                running.RemoveWhere(t => t.IsCompleted);
                Take(lookup, told, from, answer);
                if (isEnough?.Invoke(from, answer?.Message) is true)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Its time is over.
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(false);
        }

        return new LookupResult([.. lookup.Closest.Select(p => new KademliaPeer(p, AddressesOf(p, told)))], told, lookup.Asked);
    }

    private void Take(KadLookup lookup, ToldAddresses told, PeerId from, KadAnswer? answer)
    {
        if (answer is null)
        {
            lookup.Failed(from);
            if (told.HasNewsOf(from))
            {
                lookup.Retry(from);
            }

            return;
        }

        var closer = Believable(answer);
        foreach (var peer in closer.Where(p => told.Add(p.Id, p.Addresses)))
        {
            lookup.Retry(peer.Id);
        }

        lookup.Answered(from, closer.Select(p => p.Id));
    }

    /// <summary>Those of the peers told that can be dialed, and of one network no more than the table would hold.</summary>
    private List<KadPeer> Believable(KadAnswer answer)
    {
        var groups = new Dictionary<string, int>(StringComparer.Ordinal);
        var believed = new List<KadPeer>();
        foreach (var peer in answer.Message.CloserPeers)
        {
            var addresses = KadAddresses.Between(peer.Addresses, answer.From).ToArray();
            var own = networks.GroupsOf(addresses);
            if ((addresses.Length > 0 || host.ConnectionsTo(peer.Id).Count > 0) && own.All(g => groups.GetValueOrDefault(g.Name) < g.MaxInTable))
            {
                believed.Add(new KadPeer(peer.Id, addresses));
                foreach (var group in own)
                {
                    groups[group.Name] = groups.GetValueOrDefault(group.Name) + 1;
                }
            }
        }

        return believed;
    }

    private async Task AskAsync(
        PeerId peer, KadMessage request, IReadOnlyList<Multiaddr> addresses, ChannelWriter<(PeerId, KadAnswer?)> answers, CancellationToken cancellationToken)
    {
        try
        {
            // What was only told goes into the book when it is needed, and not when it is told.
            if (addresses.Count > 0)
            {
                host.Peers.TryAddCandidate(peer, addresses);
            }

            var answer = await client.AskAsync(peer, request, cancellationToken).ConfigureAwait(false);
            if (answer is not null)
            {
                table.Answered(peer);
            }
            else
            {
                table.Failed(peer);
            }

            answers.TryWrite((peer, answer));
        }
        catch (OperationCanceledException)
        {
            // The lookup has ended.
        }
        catch (Exception e)
        {
            // A filter of the application, say: it costs this peer's answer, not the lookup.
            logger.LookupFailed(e, peer);
            answers.TryWrite((peer, null));
        }
    }

    private IReadOnlyList<Multiaddr> AddressesOf(PeerId peer, ToldAddresses told) =>
        host.Peers.Find(peer)?.Addresses is { Count: > 0 } known ? known : told.Of(peer);
}

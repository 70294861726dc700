using System.Collections.Concurrent;
using DChat.Benchmarks.Backbone;
using DChat.Core.Envelopes;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;

namespace DChat.Benchmarks.Gateway;

/// <summary>
/// An edge follows a shard from its first peer on, and what became durable before is history to it: before anything is
/// counted, messages are pushed until one of every shard has reached every peer.
/// </summary>
internal static class Rehearsal
{
    private const int MaxAttempts = 120;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static async Task RunAsync(Multiaddr edge, Audience audience)
    {
        await using var host = new Libp2pHost(new Libp2pOptions());
        var pusher = (await Pusher.OpenAsync(host, edge, streams: 1))[0];
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var corpus = Corpus.Create(1 << Corpus.ShardBits, batchSize: 1);
            ReadOnlyMemory<byte>[] envelopes = [.. corpus.Batches.SelectMany(batch => batch.Envelopes.Envelopes)];
            var awaited = new ConcurrentDictionary<(int, MessageId), bool>(
                from place in Enumerable.Range(0, audience.Count)
                from envelope in envelopes
                select KeyValuePair.Create((place, MessageId.Compute(envelope.Span)), true));
            audience.Received = (place, envelope) => awaited.TryRemove((place, MessageId.Compute(envelope.Span)), out _);
            await pusher.SendAsync(envelopes);
            await Task.Delay(Pause);
            if (awaited.IsEmpty)
            {
                // A shard's messages come in order: nothing of an earlier attempt is still to come.
                audience.Received = (_, _) => { };
                await pusher.FinishAsync();
                return;
            }
        }

        throw new TimeoutException($"In {MaxAttempts} attempts no message of every shard has reached every peer.");
    }
}

using DChat.Abstractions.Messages;
using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Gateway.Admission;

/// <summary>
/// Joins the offers for one shard from one door into calls of at most a batch (DESIGN §2.3). An offer that finds no call
/// under way goes at once; others gather while one is, and go when it returns or when they fill a batch.
/// </summary>
/// <param name="door">The door.</param>
/// <param name="append">Makes the call; its faults go to everyone whose offer was in it.</param>
internal sealed class ShardAppender(Door door, Func<AppendRequest, Task<PublishReply>> append)
{
    /// <summary>The most calls under way.</summary>
    private const int MaxCalls = 4;

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private int _messages;
    private int _bytes;
    private int _calls;

    /// <summary>Appends an offer; completes with one result for each envelope when all that were accepted are durable.</summary>
    public Task<(LogId Log, PublishResult[] Results)> AppendAsync(AdmittedOffer offer)
    {
        var waiting = new Waiting(offer);
        lock (_gate)
        {
            _waiting.Enqueue(waiting);
            _messages += offer.Envelopes.Count;
            _bytes += offer.Bytes;
        }

        CallWhatIsReady();
        return waiting.Settled.Task;
    }

    private void CallWhatIsReady()
    {
        while (Take() is { } batch)
        {
            // Never faults: every failure goes to the offers.
            _ = CallAsync(batch);
        }
    }

    private List<Waiting>? Take()
    {
        lock (_gate)
        {
            var isFull = _messages >= EnvelopeBatch.MaxCount || _bytes >= EnvelopeBatch.MaxBytes;
            if (_waiting.Count == 0 || (_calls > 0 && !isFull) || _calls == MaxCalls)
            {
                return null;
            }

            _calls++;
            List<Waiting> batch = [];
            int messages = 0, bytes = 0;
            while (_waiting.TryPeek(out var next)
                && (batch.Count == 0
                    || (messages + next.Offer.Envelopes.Count <= EnvelopeBatch.MaxCount && bytes + next.Offer.Bytes <= EnvelopeBatch.MaxBytes)))
            {
                messages += next.Offer.Envelopes.Count;
                bytes += next.Offer.Bytes;
                batch.Add(_waiting.Dequeue());
            }

            _messages -= messages;
            _bytes -= bytes;
            return batch;
        }
    }

    private async Task CallAsync(List<Waiting> batch)
    {
        try
        {
            var reply = await append(Request(batch)).ConfigureAwait(false);
            var start = 0;
            foreach (var waiting in batch)
            {
                var end = start + waiting.Offer.Envelopes.Count;
                waiting.Settled.SetResult((reply.Log, reply.Results[start..end]));
                start = end;
            }
        }
        catch (Exception failure)
        {
            foreach (var waiting in batch)
            {
                waiting.Settled.TrySetException(failure);
            }
        }

        lock (_gate)
        {
            _calls--;
        }

        CallWhatIsReady();
    }

    private AppendRequest Request(List<Waiting> batch)
    {
        var envelopes = batch.SelectMany(waiting => waiting.Offer.Envelopes).ToArray();
        var ids = new byte[envelopes.Length * MessageId.Length];
        var at = 0;
        foreach (var id in batch.SelectMany(waiting => waiting.Offer.Ids))
        {
            id.Value.CopyTo(ids.AsSpan(at));
            at += MessageId.Length;
        }

        return new AppendRequest(EnvelopeBatch.Pack(envelopes), ids, door);
    }

    private sealed class Waiting(AdmittedOffer offer)
    {
        public AdmittedOffer Offer => offer;

        public TaskCompletionSource<(LogId Log, PublishResult[] Results)> Settled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

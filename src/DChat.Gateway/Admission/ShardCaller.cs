using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Topics;

namespace DChat.Gateway.Admission;

/// <summary>Calls one shard, and waits for it while it goes from one core to another: whoever pushed does not hear of that.</summary>
/// <param name="shard">The shard.</param>
/// <param name="append">Makes the call once.</param>
/// <param name="time">The clock of pauses and time limits.</param>
internal sealed class ShardCaller(ShardId shard, Func<AppendRequest, Task<PublishReply>> append, TimeProvider time)
{
    /// <summary>How long after its beginning a call is still made again. A core that takes over has opened the shard by then.</summary>
    internal static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(8);

    /// <summary>How long one attempt may take. A call to a silo that has died is not answered, and Orleans itself waits much longer.</summary>
    internal static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    private readonly RetryPolicy _retry = new(time, CallTimeout, () => GatewayInstruments.AppendRetries.Add(1));

    // It has not answered for the whole of the limit: as long as that lasts nobody else waits, or what is kept waiting for one shard would take
    // the room of all others.
    private volatile bool _isAway;

    /// <summary>Appends a batch. What a failed attempt had made durable is answered as a duplicate, with the position it has.</summary>
    /// <exception cref="DChatException">The shard could not be reached (<c>storage-unavailable</c>, transient); the envelopes may be durable all the same.</exception>
    public async Task<PublishReply> AppendAsync(AppendRequest request)
    {
        try
        {
            var reply = await _retry.RunAsync(() => AppendOnceAsync(request), _isAway ? TimeSpan.Zero : MaxWait, CancellationToken.None).ConfigureAwait(false);
            _isAway = false;
            return reply;
        }
        catch (DChatException failure) when (failure.IsTransient)
        {
            _isAway = true;
            throw new DChatException(
                RejectionCode.StorageUnavailable.ToCode(), $"Shard {shard} did not answer: {failure.Message}", isTransient: true, failure);
        }
    }

    private async Task<PublishReply> AppendOnceAsync(AppendRequest request)
    {
        var reply = await GrainFaults.TranslateAsync(() => append(request)).ConfigureAwait(false);
        return reply.Results.Any(result => result.Rejection == RejectionCode.ShardMoving)
            ? throw new DChatException(RejectionCode.ShardMoving.ToCode(), "It goes to another core.", isTransient: true)
            : reply;
    }
}

using DChat.Abstractions.Admission;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace DChat.Grains.Admission;

/// <summary>
/// The SDK's way to the silo's one <see cref="IAdmissionDoor"/>. Reentrant, so that one batch is verified while another waits
/// for the disk.
/// </summary>
[StatelessWorker, Reentrant, GrainType("dchat.admission")]
public sealed class AdmissionGrain(IAdmissionDoor door, IOptions<NetworkOptions> network) : Grain, IAdmissionGrain, IIncomingGrainCallFilter
{
    private static readonly AsyncLocal<string?> Caller = new();

    /// <summary>Remembers who calls, because the quota is charged to the caller. Taken from the message's header, not from an argument.</summary>
    public Task Invoke(IIncomingGrainCallContext context)
    {
        Caller.Value = context.SourceId?.ToString();
        return context.Invoke();
    }

    /// <inheritdoc/>
    public Task<NetworkDescription> DescribeAsync() =>
        Task.FromResult(new NetworkDescription(network.Value.Network, network.Value.ShardBits));

    /// <inheritdoc/>
    public async Task<PublishReply> PublishAsync(PublishRequest request)
    {
        Check(request);
        var caller = Caller.Value ?? "unknown";
        var source = new AdmissionSource(Door.Push, caller, NetworkPrefix.Named(caller));
        var verdicts = await door.AdmitAsync([.. request.Envelopes.Envelopes], request.Shard, source, CancellationToken.None);
        var results = new PublishResult[request.Envelopes.Count];
        foreach (var (place, result) in verdicts.Refused)
        {
            results[place] = result;
        }

        var shard = GrainFactory.GetGrain<ISyncShardGrain>(GrainKeys.Shard(network.Value.Network, request.Shard));
        if (verdicts.Batches is not [var batch])
        {
            return new PublishReply((await shard.GetHeadAsync()).Log, results);
        }

        var reply = await shard.AppendAsync(new AppendRequest(
            request.Envelopes.Select(batch.Places), [.. batch.Results.Select(result => result.Entry)], Door.Push));
        door.Settle(batch, reply.Results);
        for (var i = 0; i < reply.Results.Length; i++)
        {
            results[batch.Places[i]] = reply.Results[i];
        }

        return new PublishReply(reply.Log, results);
    }

    private void Check(PublishRequest request)
    {
        if (request.Envelopes is not { Count: >= 1 and <= EnvelopeBatch.MaxCount, Bytes.Length: <= EnvelopeBatch.MaxBytes } envelopes)
        {
            throw new DChatException(
                "batch-malformed",
                $"A batch has 1–{EnvelopeBatch.MaxCount} envelopes and at most {EnvelopeBatch.MaxBytes} bytes; "
                + $"this one has {request.Envelopes.Count} and {request.Envelopes.Bytes.Length}.");
        }

        if (request.Shard.Value >= network.Value.ShardCount)
        {
            throw new DChatException(
                "unknown-shard",
                $"Shard {request.Shard} does not exist: network {network.Value.Network} has shards 0–{network.Value.ShardCount - 1}.");
        }
    }
}

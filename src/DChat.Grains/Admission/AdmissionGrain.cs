using DChat.Abstractions.Diagnostics;
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
/// The SDK's door: a shell over the silo's one <see cref="AdmissionPipeline"/>. Reentrant, so that one batch is verified
/// while another waits for the disk.
/// </summary>
[StatelessWorker, Reentrant, GrainType("dchat.admission")]
public sealed class AdmissionGrain(AdmissionPipeline pipeline, IOptions<NetworkOptions> network) : Grain, IAdmissionGrain, IIncomingGrainCallFilter
{
    private static readonly AsyncLocal<string?> Caller = new();

    /// <summary>Notes who calls, from the message's sender and not from what the caller says, to charge the quota to.</summary>
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
        var source = new AdmissionSource(Door.Push, Caller.Value ?? "unknown");
        var admitted = await VerifyAsync(request, source);
        var shard = GrainFactory.GetGrain<ISyncShardGrain>(GrainKeys.Shard(network.Value.Network, request.Shard));
        if (admitted.Places.Count == 0)
        {
            return new PublishReply((await shard.GetHeadAsync()).Log, admitted.Results);
        }

        var reply = await shard.AppendAsync(new AppendRequest(
            request.Envelopes.Select(admitted.Places), admitted.MessageIds(), Door.Push));
        for (var i = 0; i < admitted.Places.Count; i++)
        {
            admitted.Results[admitted.Places[i]] = reply.Results[i];
        }

        return new PublishReply(reply.Log, admitted.Results);
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

    /// <summary>Verifies off the grain's turn, since 256 signatures take milliseconds and other calls wait for the turn.</summary>
    private async Task<Admitted> VerifyAsync(PublishRequest request, AdmissionSource source)
    {
        using var activity = DChatTelemetry.Activities.StartActivity("dchat.admit");
        activity?.SetTag("dchat.shard", request.Shard.Value).SetTag("dchat.messages", request.Envelopes.Count);
        var admitted = await Task.Run(() =>
        {
            var verified = new Admitted(request.Envelopes.Count);
            var place = 0;
            foreach (var envelope in request.Envelopes.Envelopes)
            {
                verified.Add(place++, pipeline.Admit(envelope.Span, request.Shard, source));
            }

            return verified;
        });
        AdmissionInstruments.Record(admitted.Results);
        return admitted;
    }

    private sealed class Admitted(int count)
    {
        private readonly byte[] _ids = new byte[count * MessageId.Length];

        public PublishResult[] Results { get; } = new PublishResult[count];

        public List<int> Places { get; } = new(count);

        public byte[] MessageIds() => _ids[..(Places.Count * MessageId.Length)];

        public void Add(int place, AdmissionResult result)
        {
            if (result.IsAdmitted)
            {
                result.MessageId.Value.CopyTo(_ids.AsSpan(Places.Count * MessageId.Length));
                Places.Add(place);
            }
            else
            {
                Results[place] = new PublishResult(result.Rejection);
            }
        }
    }
}

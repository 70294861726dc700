using DChat.Abstractions.Diagnostics;
using DChat.Core.Admission;
using DChat.Core.Topics;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Admission;

/// <summary>
/// Verifies envelopes on worker threads, as many at once as there are processors and no more, so that a flood of
/// signatures leaves the rest of the silo its share. Who comes first is served first.
/// </summary>
internal sealed class AdmissionWorkers(AdmissionPipeline pipeline, IOptions<NetworkOptions> network) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(Environment.ProcessorCount);
    private readonly int _shardBits = network.Value.ShardBits;

    /// <summary>Verifies the envelopes of a push, whichever shards they belong to.</summary>
    public async Task<AdmittedEnvelopes> AdmitAsync(IReadOnlyList<ReadOnlyMemory<byte>> envelopes, AdmissionSource source, CancellationToken cancellationToken)
    {
        using var activity = DChatTelemetry.Activities.StartActivity("dchat.admit");
        activity?.SetTag("dchat.messages", envelopes.Count);
        return await RunAsync(
            () =>
            {
                var admitted = new AdmittedEnvelopes(_shardBits);
                for (var i = 0; i < envelopes.Count; i++)
                {
                    admitted.Add(i, envelopes[i], pipeline.Admit(envelopes[i].Span, shard: null, source));
                }

                return admitted;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Verifies one envelope that was offered to a shard.</summary>
    public Task<AdmissionResult> AdmitAsync(
        ReadOnlyMemory<byte> envelope, ShardId shard, AdmissionSource source, CancellationToken cancellationToken) =>
        RunAsync(() => pipeline.Admit(envelope.Span, shard, source), cancellationToken);

    public void Dispose() => _slots.Dispose();

    private async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(work, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }
}

using DChat.Abstractions.Grains;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Grains.Callers;

namespace DChat.Grains.LogBinding;

/// <summary>
/// The log binding in grain state. Any silo hosts it, so that the binding also holds while no core is there. The ETag of
/// the state decides when two activations bind at once: the later write fails and its caller asks again.
/// </summary>
[GrainType("dchat.log-binding")]
public sealed class LogBindingGrain([PersistentState("log-binding", "dchat")] IPersistentState<LogBindingState> binding)
    : Grain, ILogBindingGrain, IIncomingGrainCallFilter
{
    /// <summary>Keeps callers outside the cluster off the binding.</summary>
    public Task Invoke(IIncomingGrainCallContext context) =>
        context.MethodName == nameof(BindAsync) && CallerIdentity.IsOutsideCluster(context.SourceId)
            ? throw new DChatException("bind-forbidden", "Only silos bind the cluster to a log.")
            : context.Invoke();

    /// <inheritdoc/>
    public async Task<LogId> BindAsync(LogId log)
    {
        if (!binding.RecordExists)
        {
            binding.State.Log = log.Value;
            await binding.WriteStateAsync();
        }

        return new LogId(binding.State.Log);
    }
}

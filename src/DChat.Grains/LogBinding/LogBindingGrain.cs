using DChat.Abstractions.Grains;
using DChat.Core.Shards;

namespace DChat.Grains.LogBinding;

/// <summary>
/// The log binding in grain state. Any silo hosts it, so that the binding also holds while no core is there. The ETag of
/// the state decides when two activations bind at once: the later write fails and its caller asks again.
/// </summary>
[GrainType("dchat.log-binding")]
public sealed class LogBindingGrain([PersistentState(LogBindingState.Name, LogBindingState.Storage)] IPersistentState<LogBindingState> binding)
    : Grain, ILogBindingGrain
{
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

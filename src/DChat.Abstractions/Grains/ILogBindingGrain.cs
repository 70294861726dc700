using DChat.Core.Shards;

namespace DChat.Abstractions.Grains;

/// <summary>
/// Which log the cluster keeps its messages in, held in grain state. The first core binds the cluster to its log; a core
/// with another log would acknowledge messages that nobody finds again, so it does not start. Key: the network's name,
/// see <see cref="GrainKeys.LogBinding"/>.
/// </summary>
[Alias("dchat.ILogBindingGrain"), GrainInterfaceType("dchat.ILogBindingGrain")]
public interface ILogBindingGrain : IGrainWithStringKey
{
    /// <summary>Binds the cluster to a log, unless it is bound already.</summary>
    /// <returns>The log that the cluster is bound to.</returns>
    [Alias("BindAsync"), ClusterOnly]
    Task<LogId> BindAsync(LogId log);
}

using DChat.Core;
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
    /// <summary>Binds the cluster to a log, unless it is bound already. Only callers inside the cluster may call this.</summary>
    /// <returns>The log that the cluster is bound to.</returns>
    /// <exception cref="DChatException">The caller is outside the cluster (<c>bind-forbidden</c>).</exception>
    [Alias("BindAsync")]
    Task<LogId> BindAsync(LogId log);
}

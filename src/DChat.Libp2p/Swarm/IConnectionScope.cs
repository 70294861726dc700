using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// What one connection and its streams take of their host, from <see cref="IResourceManager"/>. Disposing it, once the connection
/// is gone, gives its place and all of its memory back; streams that a handler still serves go on counting.
/// </summary>
public interface IConnectionScope : IStreamBudget, IDisposable
{
    /// <summary>Counts a stream whose protocol is agreed on; the name of the limit when there is none left. Its place as a stream is counted besides.</summary>
    /// <param name="protocol">The protocol id.</param>
    /// <param name="direction">Who opened the stream.</param>
    /// <param name="limit">Streams of this protocol and direction with the peer, over all of its connections.</param>
    string? AddProtocolStream(string protocol, Direction direction, int limit);

    /// <summary>Gives back what <see cref="AddProtocolStream"/> counted.</summary>
    /// <param name="protocol">The protocol id.</param>
    /// <param name="direction">Who opened the stream.</param>
    void RemoveProtocolStream(string protocol, Direction direction);

    /// <summary>
    /// The connection loses its place to another. From now on it counts among those that are closing; false when there are as many of
    /// these as may be, and then it keeps its place.
    /// </summary>
    bool TryBeginClosing();
}

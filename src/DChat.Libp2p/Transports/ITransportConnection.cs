using System.IO.Pipelines;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports;

/// <summary>A raw connection. Disposing it closes it at once; whoever reads or writes then sees the end or a fault.</summary>
public interface ITransportConnection : IDuplexPipe, IAsyncDisposable
{
    /// <summary>This end.</summary>
    Multiaddr LocalAddress { get; }

    /// <summary>The other end.</summary>
    Multiaddr RemoteAddress { get; }

    /// <summary>Whether it ends soon, after so many bytes or so much time: a relay lends it. Only what cannot wait for a better one may use it.</summary>
    bool IsLimited => false;
}

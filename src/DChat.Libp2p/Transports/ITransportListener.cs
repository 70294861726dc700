using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports;

/// <summary>A listening end. Disposing it stops listening and leaves accepted connections alone.</summary>
public interface ITransportListener : IAsyncDisposable
{
    /// <summary>Where it listens, with the port that was really taken.</summary>
    Multiaddr LocalAddress { get; }

    /// <summary>The next connection; null once the listener is disposed.</summary>
    ValueTask<ITransportConnection?> AcceptAsync(CancellationToken cancellationToken = default);
}

using DChat.Libp2p.Addresses;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Transports.Memory;

namespace DChat.Libp2p.Tests.Host;

/// <summary>Someone else's transport: the first accept of each listener throws what this library has never heard of.</summary>
internal sealed class FaultyTransport : ITransport
{
    private readonly MemoryTransport _inner = new();

    public bool Matches(Multiaddr address) => _inner.Matches(address);

    public ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default) => _inner.DialAsync(address, cancellationToken);

    public async ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default) =>
        new Listener(await _inner.ListenAsync(address, cancellationToken));

    private sealed class Listener(ITransportListener inner) : ITransportListener
    {
        private bool _failed;

        public Multiaddr LocalAddress => inner.LocalAddress;

        public ValueTask<ITransportConnection?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            if (!_failed)
            {
                _failed = true;
                throw new InvalidOperationException("A bug.");
            }

            return inner.AcceptAsync(cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

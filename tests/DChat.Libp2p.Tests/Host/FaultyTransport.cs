using DChat.Libp2p.Addresses;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Transports.Memory;

namespace DChat.Libp2p.Tests.Host;

/// <summary>Someone else's transport: the first accept of each listener throws what this library has never heard of.</summary>
/// <param name="onAccept">What it throws; a bug when null.</param>
/// <param name="onDispose">What disposing a listener throws, when it has been disposed; nothing when null.</param>
internal sealed class FaultyTransport(Exception? onAccept = null, Exception? onDispose = null) : ITransport
{
    private readonly MemoryTransport _inner = new();

    public bool Matches(Multiaddr address) => _inner.Matches(address);

    public ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default) => _inner.DialAsync(address, cancellationToken);

    public async ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default) =>
        new Listener(await _inner.ListenAsync(address, cancellationToken), onAccept ?? new InvalidOperationException("A bug."), onDispose);

    private sealed class Listener(ITransportListener inner, Exception onAccept, Exception? onDispose) : ITransportListener
    {
        private bool _failed;

        public Multiaddr LocalAddress => inner.LocalAddress;

        public ValueTask<ITransportConnection?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            if (!_failed)
            {
                _failed = true;
                throw onAccept;
            }

            return inner.AcceptAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            if (onDispose is not null)
            {
                throw onDispose;
            }
        }
    }
}

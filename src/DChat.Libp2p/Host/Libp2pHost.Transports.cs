using System.Collections.Immutable;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Host;

/// <content>Transports and listening, which may change while the host runs.</content>
public sealed partial class Libp2pHost
{
    private readonly List<Listening> _listeners = [];
    private ImmutableArray<ITransport> _transports;

    /// <summary>Adds a transport behind those there are. It may need the host's streams, as one through relays does.</summary>
    public void AddTransport(ITransport transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ImmutableInterlocked.Update(ref _transports, all => all.Add(transport));
    }

    /// <summary>Removes a transport and stops listening by it; connections that it carries go on, and so do dials that have begun.</summary>
    /// <returns>Whether it was there.</returns>
    public async Task<bool> RemoveTransportAsync(ITransport transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        if (!ImmutableInterlocked.Update(ref _transports, all => all.Remove(transport)))
        {
            return false;
        }

        await StopListeningAsync(l => l.Transport == transport).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    /// <remarks>A host that stops meanwhile does not listen: the call throws, or what it began is ended with the host.</remarks>
    public async Task<Multiaddr> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        var listening = await OpenAsync(address, cancellationToken).ConfigureAwait(false);
        if (_stopping.IsCancellationRequested)
        {
            // Stopping may have taken its list of listeners already.
            await StopListeningAsync(l => l == listening).ConfigureAwait(false);
            throw new ObjectDisposedException(nameof(Libp2pHost));
        }

        Accept(listening);
        _addresses.Refresh();
        return listening.Listener.LocalAddress;
    }

    /// <inheritdoc/>
    public Task<bool> UnlistenAsync(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return StopListeningAsync(l => l.Asked.Equals(address) || l.Listener.LocalAddress.Equals(address));
    }

    /// <summary>Opens a listener that nothing accepts from yet.</summary>
    private async Task<Listening> OpenAsync(Multiaddr address, CancellationToken cancellationToken)
    {
        var transport = _transports.FirstOrDefault(t => t.Matches(address))
            ?? throw new Libp2pException(Libp2pErrorCodes.NoAddress, $"No transport takes {address}.");
        var listening = new Listening(address, transport, await transport.ListenAsync(address, cancellationToken).ConfigureAwait(false));
        lock (_listenGate)
        {
            _listeners.Add(listening);
        }

        return listening;
    }

    private void Accept(Listening listening)
    {
        _logger.Listening(LocalPeer, listening.Listener.LocalAddress);
        _tasks.Run(() => AcceptAsync(listening.Listener));
    }

    private async Task<bool> StopListeningAsync(Predicate<Listening> which)
    {
        Listening[] stopped;
        lock (_listenGate)
        {
            stopped = [.. _listeners.Where(l => which(l))];
            _listeners.RemoveAll(which);
        }

        foreach (var listening in stopped)
        {
            try
            {
                await listening.Listener.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Someone else's code: what it throws must not keep the others open, nor the host from stopping.
                _logger.ListenerNotEnded(e, listening.Listener.LocalAddress);
            }
        }

        if (stopped.Length > 0)
        {
            _addresses.Refresh();
        }

        return stopped.Length > 0;
    }

    private sealed record Listening(Multiaddr Asked, ITransport Transport, ITransportListener Listener);
}

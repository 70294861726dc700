using System.Net;
using System.Threading.Channels;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports.Proxies;

/// <summary>
/// Hands out the connections of proxies only when it is known whom each speaks for, so that the host counts them by that.
/// Many say so at once, and one that is slow holds up nobody.
/// </summary>
/// <param name="inner">Where connections come from.</param>
/// <param name="identify">Finds out whom a proxy's connection is for, and returns it under that address.</param>
/// <param name="onlyProxies">Whether connections from elsewhere are refused; else they are handed out as they are.</param>
/// <param name="options">Who is a proxy, and limits.</param>
/// <param name="time">The clock.</param>
internal sealed class ProxiedListener(
    ITransportListener inner,
    Func<ITransportConnection, CancellationToken, ValueTask<ITransportConnection>> identify,
    bool onlyProxies,
    ProxyOptions options,
    TimeProvider time) : ITransportListener
{
    private readonly Lock _gate = new();
    private readonly LinkedList<CancellationTokenSource> _pending = [];
    private readonly Channel<ITransportConnection> _ready = Channel.CreateBounded<ITransportConnection>(options.MaxPending);
    private Task<ITransportConnection?>? _accepting;
    private bool _disposed;

    public Multiaddr LocalAddress => inner.LocalAddress;

    public async ValueTask<ITransportConnection?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_ready.Reader.TryRead(out var identified))
            {
                return identified;
            }

            _accepting ??= inner.AcceptAsync(CancellationToken.None).AsTask();
            await AnyAsync(_accepting, cancellationToken).ConfigureAwait(false);
            if (!_accepting.IsCompleted)
            {
                continue;
            }

            var accepting = _accepting;
            _accepting = null;
            if (await accepting.ConfigureAwait(false) is not { } connection)
            {
                return null;
            }

            if (options.Trusts(AddressOf(connection)))
            {
                _ = IdentifyAsync(connection);
            }
            else if (onlyProxies)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                return connection;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var pending in _pending)
            {
                _ = pending.CancelAsync();
            }
        }

        await inner.DisposeAsync().ConfigureAwait(false);
        _ready.Writer.TryComplete();
        while (_ready.Reader.TryRead(out var connection))
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Waits until something was accepted or identified.</summary>
    private async Task AnyAsync(Task accepting, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(accepting, _ready.Reader.WaitToReadAsync(enough.Token).AsTask()).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task IdentifyAsync(ITransportConnection connection)
    {
        using var patience = new CancellationTokenSource(options.HeaderTimeout, time);
        var place = TakePlace(patience);
        try
        {
            var identified = await identify(connection, patience.Token).ConfigureAwait(false);
            if (_ready.Writer.TryWrite(identified))
            {
                return;
            }
        }
        catch (Exception)
        {
            // The proxy said nothing that can be used, or nothing in time: its connection is closed, and others go on.
        }
        finally
        {
            LeavePlace(place);
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>A place among those that are waited for; the oldest loses its own when there is none.</summary>
    private LinkedListNode<CancellationTokenSource> TakePlace(CancellationTokenSource patience)
    {
        lock (_gate)
        {
            if (_pending.Count >= options.MaxPending)
            {
                // Off this stack, which holds the lock.
                _ = _pending.First!.Value.CancelAsync();
                _pending.RemoveFirst();
            }

            if (_disposed)
            {
                patience.Cancel();
            }

            return _pending.AddLast(patience);
        }
    }

    private void LeavePlace(LinkedListNode<CancellationTokenSource> place)
    {
        lock (_gate)
        {
            if (place.List is not null)
            {
                _pending.Remove(place);
            }
        }
    }

    private static IPAddress? AddressOf(ITransportConnection connection) =>
        connection.RemoteAddress.Components[0] is var host && (host.Protocol == MultiaddrProtocol.Ip4 || host.Protocol == MultiaddrProtocol.Ip6)
            ? new IPAddress(host.Value.Span)
            : null;
}

using System.Collections.Concurrent;
using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Resources;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Tests.Streams;

/// <summary>
/// A host of another kind, written with the public parts of the library alone: a user may write it. It has no network; who opens a
/// stream, to whatever peer, reaches the handlers of this host itself, as from <see cref="Visitor"/>.
/// </summary>
internal sealed class PipeHost : ILibp2pHost, IDisposable
{
    private readonly PrivateKey _key = PrivateKey.Generate();
    private readonly PrivateKey _visitor = PrivateKey.Generate();
    private readonly ConcurrentDictionary<string, StreamHandler> _handlers = new(StringComparer.Ordinal);
    private readonly PipeMuxer _muxer = new();

    public PipeHost(TimeProvider? time = null)
    {
        Time = time ?? TimeProvider.System;
        var (here, there) = (Multiaddr.Parse("/memory/here"), Multiaddr.Parse("/memory/there"));
        Connection = new PeerConnection(_muxer, _visitor.PublicKey, here, there, Direction.Outbound, Time.GetUtcNow());
    }

    public PeerEventFeed Events { get; } = new();

    public PeerConnection Connection { get; }

    public PeerId Visitor => _visitor.Peer;

    public PeerId LocalPeer => _key.Peer;

    public PublicKey PublicKey => _key.PublicKey;

    public TimeProvider Time { get; }

    public IPeerStore Peers { get; } = new PeerStore();

    public IConnectionManager ConnectionManager { get; } = new ConnectionManager(new ConnectionManagerOptions());

    public IAddressManager Addresses => throw new NotSupportedException();

    public IReadOnlyList<PeerConnection> Connections => Connection.IsUsable ? [Connection] : [];

    public IReadOnlyList<string> Protocols => [.. _handlers.Keys.Order(StringComparer.Ordinal)];

    public IResourceManager Resources { get; } = new ResourceManager(new ResourceLimits());

    public byte[] Sign(ReadOnlySpan<byte> data) => _key.Sign(data);

    public void SetStreamHandler(string protocol, StreamHandler handler, ProtocolLimits? limits = null) => _handlers[protocol] = handler;

    public bool RemoveStreamHandler(string protocol) => _handlers.TryRemove(protocol, out _);

    public Task<PeerConnection> ConnectAsync(PeerId peer, CancellationToken cancellationToken = default) => Task.FromResult(Connection);

    public Task<PeerConnection> ConnectAsync(
        PeerId peer, IEnumerable<Multiaddr> addresses, DialOptions options, CancellationToken cancellationToken = default) => Task.FromResult(Connection);

    public IReadOnlyList<ITransportListener> Listeners => [];

    public Task<Multiaddr> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<bool> UnlistenAsync(Multiaddr address) => Task.FromResult(false);

    public bool CanDial(Multiaddr address) => false;

    public Task<PeerConnection> ConnectAsync(Multiaddr address, CancellationToken cancellationToken = default) => Task.FromResult(Connection);

    public Task<Libp2pStream> NewStreamAsync(PeerId peer, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default) =>
        NewStreamAsync(Connection, protocols, cancellationToken);

    public Task<Libp2pStream> NewStreamAsync(PeerId peer, IReadOnlyList<string> protocols, DialOptions options, CancellationToken cancellationToken = default) =>
        NewStreamAsync(Connection, protocols, cancellationToken);

    public Task<Libp2pStream> NewStreamAsync(PeerConnection connection, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default)
    {
        var protocol = protocols.FirstOrDefault(_handlers.ContainsKey)
            ?? throw new Libp2pException(Libp2pErrorCodes.NotSupported, "No such protocol.");
        var (near, far) = _muxer.Open();
        _ = ServeAsync(new Libp2pStream(far, connection, protocol), _handlers[protocol]);
        return Task.FromResult(new Libp2pStream(near, connection, protocol));
    }

    public IReadOnlyList<PeerConnection> ConnectionsTo(PeerId peer) => peer.Equals(Visitor) ? Connections : [];

    public Task DisconnectAsync(PeerId peer) => Connection.CloseAsync();

    public Task RefuseAsync(PeerId peer, TimeSpan period, IReadOnlyList<IPNetwork>? networks = null) => DisconnectAsync(peer);

    public PeerEventSubscription Subscribe(int capacity = PeerEventSubscription.DefaultCapacity) => Events.Subscribe(capacity);

    public void Dispose()
    {
        Events.Complete();
        _key.Dispose();
        _visitor.Dispose();
    }

    private static async Task ServeAsync(Libp2pStream stream, StreamHandler handler)
    {
        try
        {
            await handler(stream, CancellationToken.None);
            await stream.DisposeAsync();
        }
        catch (Exception)
        {
            stream.Reset();
        }
    }
}

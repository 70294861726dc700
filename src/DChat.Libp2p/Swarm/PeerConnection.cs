using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Noise;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// An authenticated, multiplexed connection. Who is at the other end was proven in the handshake and never changes.
/// </summary>
public sealed class PeerConnection
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Protocol, Direction Direction), int> _streams = [];
    private readonly TaskCompletionSource<CloseReason> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _closing;

    internal PeerConnection(
        ITransportConnection transport, NoiseChannel channel, YamuxSession session, Direction direction, DateTimeOffset openedAt)
    {
        RemoteKey = channel.Identity;
        LocalAddress = transport.LocalAddress;
        RemoteAddress = transport.RemoteAddress;
        RemoteNetworks = AddressNetworks.Of(RemoteAddress);
        Direction = direction;
        OpenedAt = openedAt;
        Session = session;
        _ = WatchAsync(transport, channel);
    }

    /// <summary>The peer at the other end.</summary>
    public PeerId RemotePeer => RemoteKey.Peer;

    /// <summary>The key it proved to hold.</summary>
    public PublicKey RemoteKey { get; }

    /// <summary>This end.</summary>
    public Multiaddr LocalAddress { get; }

    /// <summary>The other end.</summary>
    public Multiaddr RemoteAddress { get; }

    /// <summary>Who dialed.</summary>
    public Direction Direction { get; }

    /// <summary>When the connection was ready to use.</summary>
    public DateTimeOffset OpenedAt { get; }

    /// <summary>Streams open now, in both directions.</summary>
    public int StreamCount => Session.StreamCount;

    /// <summary>The round trip as last measured; null before the first answer.</summary>
    public TimeSpan? RoundTripTime => Session.RoundTripTime;

    /// <summary>Completes when the connection has ended and nothing of it runs any more.</summary>
    public Task<CloseReason> Closed => _closed.Task;

    internal YamuxSession Session { get; }

    /// <summary>The networks of <see cref="RemoteAddress"/>, narrow to wide.</summary>
    internal IReadOnlyList<IPNetwork> RemoteNetworks { get; }

    /// <summary>Whether it has lost its place to another connection.</summary>
    internal bool IsEvicted { get; private set; }

    internal bool IsUsable => !_closing && !Session.Completion.IsCompleted;

    /// <summary>Tells the peer, ends every stream and closes the connection.</summary>
    public async Task CloseAsync()
    {
        _closing = true;
        await Session.CloseAsync().ConfigureAwait(false);
        await _closed.Task.ConfigureAwait(false);
    }

    /// <summary>Takes its place away. It carries nothing new from now on, and whoever took the place closes it.</summary>
    internal void MarkEvicted() => IsEvicted = _closing = true;

    /// <summary>Counts a stream of a protocol; false when there are <paramref name="limit"/> already.</summary>
    internal bool TryAddStream(string protocol, Direction direction, int limit)
    {
        lock (_gate)
        {
            var count = _streams.GetValueOrDefault((protocol, direction));
            if (count >= limit)
            {
                return false;
            }

            _streams[(protocol, direction)] = count + 1;
            return true;
        }
    }

    internal void RemoveStream(string protocol, Direction direction)
    {
        lock (_gate)
        {
            if (--_streams[(protocol, direction)] == 0)
            {
                _streams.Remove((protocol, direction));
            }
        }
    }

    private async Task WatchAsync(ITransportConnection transport, NoiseChannel channel)
    {
        var fault = await Session.Completion.ConfigureAwait(false);
        await channel.Stream.DisposeAsync().ConfigureAwait(false);
        await transport.Input.CompleteAsync(fault).ConfigureAwait(false);
        await transport.Output.CompleteAsync(fault).ConfigureAwait(false);
        _closed.TrySetResult(ReasonOf(fault));
    }

    private CloseReason ReasonOf(Exception fault) => IsEvicted
        ? CloseReason.Evicted
        : _closing
        ? CloseReason.Local
        : (fault as Libp2pException)?.Code switch
        {
            Libp2pErrorCodes.TimedOut => CloseReason.TimedOut,
            Libp2pErrorCodes.ProtocolViolation or Libp2pErrorCodes.LimitReached or Libp2pErrorCodes.Malformed => CloseReason.Violation,
            _ => CloseReason.Remote,
        };
}

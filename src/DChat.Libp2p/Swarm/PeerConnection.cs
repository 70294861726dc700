using System.Net;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// An authenticated, multiplexed connection. Who is at the other end was proven in the handshake and never changes.
/// </summary>
public sealed class PeerConnection
{
    private readonly TaskCompletionSource<CloseReason> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _closing;
    private IConnectionScope? _scope;

    /// <summary>
    /// A connection whose peer has proven its key. A host makes its own; this is for hosts of another kind, such as stubs in tests.
    /// </summary>
    /// <param name="muxed">Its streams.</param>
    /// <param name="remoteKey">The key the peer has proven to hold.</param>
    /// <param name="localAddress">This end.</param>
    /// <param name="remoteAddress">The other end.</param>
    /// <param name="direction">Who dialed.</param>
    /// <param name="openedAt">Now.</param>
    public PeerConnection(
        IMuxedConnection muxed, PublicKey remoteKey, Multiaddr localAddress, Multiaddr remoteAddress, Direction direction, DateTimeOffset openedAt)
    {
        ArgumentNullException.ThrowIfNull(muxed);
        ArgumentNullException.ThrowIfNull(remoteKey);
        ArgumentNullException.ThrowIfNull(localAddress);
        ArgumentNullException.ThrowIfNull(remoteAddress);
        Muxed = muxed;
        RemoteKey = remoteKey;
        LocalAddress = localAddress;
        RemoteAddress = remoteAddress;
        RemoteNetworks = AddressNetworks.Of(remoteAddress);
        Direction = direction;
        OpenedAt = openedAt;
        _ = WatchAsync();
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

    /// <summary>
    /// Whether a relay lends it and ends it after so many bytes or so much time. Only protocols whose
    /// <c>ProtocolLimits.OnLimited</c> says so use it.
    /// </summary>
    public bool IsLimited { get; init; }

    /// <summary>When the connection was ready to use.</summary>
    public DateTimeOffset OpenedAt { get; }

    /// <summary>The same as a timestamp of the host's clock, which nobody sets.</summary>
    internal long OpenedTimestamp { get; init; }

    /// <summary>Streams open now, in both directions.</summary>
    public int StreamCount => Muxed.StreamCount;

    /// <summary>The round trip as last measured; null before the first answer.</summary>
    public TimeSpan? RoundTripTime => Muxed.RoundTripTime;

    /// <summary>Completes when the connection has ended and nothing of it runs any more.</summary>
    public Task<CloseReason> Closed => _closed.Task;

    /// <summary>Its streams: what agrees on protocols opens and accepts them here.</summary>
    internal IMuxedConnection Muxed { get; }

    /// <summary>What it takes of its host.</summary>
    internal IConnectionScope Scope => _scope ?? throw new InvalidOperationException("The connection is not among those of a host.");

    /// <summary>The networks of <see cref="RemoteAddress"/>, narrow to wide.</summary>
    internal IReadOnlyList<IPNetwork> RemoteNetworks { get; }

    /// <summary>Whether it goes through a relay.</summary>
    internal bool IsRelayed => RemoteAddress.IsRelayed;

    /// <summary>Whether streams can be opened on it and go through no relay.</summary>
    internal bool IsDirect => IsUsable && !IsRelayed;

    /// <summary>Whether it has lost its place to another connection.</summary>
    internal bool IsEvicted { get; private set; }

    /// <summary>Whether it is closed without a farewell.</summary>
    internal bool IsHurried { get; private set; }

    /// <summary>Whether streams can be opened on it: not any more once either side is ending it, though those that are open may go on.</summary>
    public bool IsUsable => !_closing && Muxed.CanOpen;

    /// <summary>Tells the peer, ends every stream and closes the connection.</summary>
    public async Task CloseAsync()
    {
        _closing = true;
        await Muxed.CloseAsync().ConfigureAwait(false);
        await _closed.Task.ConfigureAwait(false);
    }

    /// <summary>Counts it and its streams from now on; before anybody uses it.</summary>
    internal void Enter(IConnectionScope scope)
    {
        _scope = scope;
        Muxed.LimitBy(scope);
    }

    /// <summary>Takes its place away. It carries nothing new from now on, and whoever took the place closes it.</summary>
    internal void MarkEvicted() => IsEvicted = _closing = true;

    /// <summary>Closes it, when it is closed, without a farewell.</summary>
    internal void Hurry()
    {
        IsHurried = true;
        Muxed.SkipFarewell();
    }

    private async Task WatchAsync() => _closed.TrySetResult(ReasonOf(await Muxed.Completion.ConfigureAwait(false)));

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

using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace DChat.Libp2p.Peers;

/// <summary>
/// The events since it was made, in order. Bounded: a reader that falls behind loses the oldest,
/// and <see cref="Dropped"/> says how many. One reader at a time. Ends when disposed or when the host stops.
/// </summary>
public sealed class PeerEventSubscription : IAsyncEnumerable<PeerEvent>, IDisposable
{
    /// <summary>Events kept for a reader, unless asked otherwise.</summary>
    public const int DefaultCapacity = 1024;

    private readonly Channel<PeerEvent> _events;
    private readonly Action<PeerEventSubscription> _onDispose;
    private long _dropped;

    internal PeerEventSubscription(int capacity, Action<PeerEventSubscription> onDispose)
    {
        _onDispose = onDispose;
        var options = new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true };
        _events = Channel.CreateBounded<PeerEvent>(options, _ => Interlocked.Increment(ref _dropped));
    }

    /// <summary>Events lost so far because the reader fell behind.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <inheritdoc/>
    public IAsyncEnumerator<PeerEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        _events.Reader.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    /// <summary>The next event, if one waits: for a reader that comes now and then. Not together with reading asynchronously.</summary>
    public bool TryRead([NotNullWhen(true)] out PeerEvent? occurred) => _events.Reader.TryRead(out occurred);

    /// <summary>Ends the subscription.</summary>
    public void Dispose()
    {
        Complete();
        _onDispose(this);
    }

    internal void Add(PeerEvent occurred) => _events.Writer.TryWrite(occurred);

    internal void Complete() => _events.Writer.TryComplete();
}

namespace DChat.Libp2p.Protocols.Identify;

/// <summary>What identify remembers of a connection. Thread-safe.</summary>
internal sealed class IdentifyState(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly PushRate _rate = new(time);
    private long _told;
    private bool _pushing;

    /// <summary>The newest version of what this host tells that the peer was told; 0 when it was told none.</summary>
    internal long Told { get { lock (_gate) { return _told; } } }

    /// <summary>The peer is told a version.</summary>
    internal void Tell(long version) { lock (_gate) { _told = Math.Max(_told, version); } }

    /// <summary>Whether the peer may push now.</summary>
    internal bool TryTakePush() { lock (_gate) { return _rate.TryTake(); } }

    /// <summary>Begins to push; false when that is going on. Whoever does it looks for newer versions before it ends.</summary>
    internal bool TryBeginPush()
    {
        lock (_gate)
        {
            return !_pushing && (_pushing = true);
        }
    }

    /// <summary>Ends to push, unless there is a newer version than the peer was told.</summary>
    internal bool TryEndPush(long version, bool giveUp)
    {
        lock (_gate)
        {
            _pushing = !giveUp && _told < version;
            return !_pushing;
        }
    }
}

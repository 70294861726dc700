using System.Net;

namespace DChat.Libp2p.Swarm;

/// <summary>The place of one connection that is being set up. Disposing it gives it back.</summary>
internal sealed class PendingPlace(IReadOnlyList<IPNetwork> networks, Action<PendingPlace> release) : IDisposable
{
    private readonly CancellationTokenSource _evicted = new();

    /// <summary>Where the connection comes from, narrow to wide.</summary>
    internal IReadOnlyList<IPNetwork> Networks => networks;

    /// <summary>The limit that took the place away; null while it is kept.</summary>
    internal string? EvictedBy { get; set; }

    /// <summary>Fires when the place is taken away.</summary>
    internal CancellationToken Evicted => _evicted.Token;

    /// <summary>Ends the setting up. Not disposed: the source has no timer, and whoever evicts may come after the owner.</summary>
    internal void Cancel() => _evicted.Cancel();

    public void Dispose() => release(this);
}

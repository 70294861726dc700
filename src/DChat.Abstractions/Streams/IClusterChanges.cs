namespace DChat.Abstractions.Streams;

/// <summary>
/// Tells a process that the cluster has changed in a way that may have cost it stream subscriptions or items: a core silo
/// joined or left, or, outside the cluster, the connection to it did.
/// </summary>
public interface IClusterChanges
{
    /// <summary>Raised after a change, on any thread; a handler must return at once.</summary>
    event Action? Changed;
}

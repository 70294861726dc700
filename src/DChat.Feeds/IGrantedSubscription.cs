namespace DChat.Feeds;

/// <summary>A stream subscription that the cluster has granted; disposing it gives it back.</summary>
internal interface IGrantedSubscription : IAsyncDisposable
{
    /// <summary>Whether the cluster still knows it. Writes nothing.</summary>
    Task<bool> IsKnownAsync();
}

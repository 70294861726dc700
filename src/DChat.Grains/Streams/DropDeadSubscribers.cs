using Orleans.Streams;

namespace DChat.Grains.Streams;

/// <summary>
/// A subscriber that could not be reached for the whole delivery time has its subscription ended. One that lives is
/// told, gives it back and makes another; one that died would otherwise be tried for ever.
/// </summary>
internal sealed class DropDeadSubscribers : IStreamFailureHandler
{
    /// <inheritdoc/>
    public bool ShouldFaultSubsriptionOnError => true;

    /// <inheritdoc/>
    public Task OnDeliveryFailure(GuidId subscriptionId, string streamProviderName, StreamId streamIdentity, StreamSequenceToken? sequenceToken) =>
        Task.CompletedTask;

    /// <inheritdoc/>
    public Task OnSubscriptionFailure(GuidId subscriptionId, string streamProviderName, StreamId streamIdentity, StreamSequenceToken? sequenceToken) =>
        Task.CompletedTask;
}

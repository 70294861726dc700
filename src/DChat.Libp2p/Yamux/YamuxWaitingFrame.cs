namespace DChat.Libp2p.Yamux;

/// <summary>A data frame that waits for room in the output: it is claimed to be sent, or its writer gives up, never both.</summary>
internal sealed class YamuxWaitingFrame(YamuxHeader header, ReadOnlyMemory<byte> payload)
    : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private int _claimed;

    internal YamuxHeader Header => header;

    internal ReadOnlyMemory<byte> Payload => payload;

    internal bool TryClaim() => !Task.IsCompleted && Interlocked.Exchange(ref _claimed, 1) == 0;

    internal new bool TrySetCanceled(CancellationToken cancellationToken) =>
        Interlocked.Exchange(ref _claimed, 1) == 0 && base.TrySetCanceled(cancellationToken);
}

namespace DChat.EndToEnd.Tests.Gateways.Hostile;

/// <summary>The phases of an attack: it says when it is under way, and goes on while the honest do their work.</summary>
internal sealed class Siege
{
    private readonly TaskCompletionSource _underWay = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task UnderWay => _underWay.Task;

    /// <summary>Completes when the honest have done their work.</summary>
    public Task Over => _over.Task;

    public bool GoesOn => !Over.IsCompleted;

    public void Begin() => _underWay.TrySetResult();

    public void End() => _over.TrySetResult();
}

namespace DChat.Storage.Tests.Log.Local;

/// <summary>Holds the disk's syncs until it is opened, so that a test can look at the time between writing and durability.</summary>
internal sealed class SyncGate : IDisposable
{
    private readonly ManualResetEventSlim _open = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SyncGate(SimulatedDisk disk) => disk.Before = call =>
    {
        if (call.Operation == DiskOperation.Sync)
        {
            _reached.TrySetResult();
            _open.Wait(TestLog.Token);
        }

        return null;
    };

    /// <summary>Completes when a sync is waiting.</summary>
    public Task Reached => _reached.Task.WaitAsync(TestLog.Token);

    public void Open() => _open.Set();

    public void Dispose()
    {
        _open.Set();
        _open.Dispose();
    }
}

using Orleans.Storage;

namespace DChat.Storage.Tests.State;

/// <summary>What is expected besides of a storage that outlives its process; Orleans' memory storage does not do these.</summary>
public abstract class DurableGrainStorageConformance : GrainStorageConformance
{
    private const string StateName = "state";

    /// <summary>Closes the storage and opens it again over what it has stored.</summary>
    protected abstract Task ReopenAsync();

    [Fact]
    public async Task A_state_survives_closing_and_opening()
    {
        var grain = NewGrain();
        var state = NewState("kept");
        await Storage.WriteStateAsync(StateName, grain, state);

        await ReopenAsync();

        await AssertStoredAsync(grain, state);
        state.State = new ProbeState { Text = "changed" };
        await Storage.WriteStateAsync(StateName, grain, state);
        await AssertStoredAsync(grain, state);
    }

    [Fact]
    public async Task An_etag_of_a_record_that_never_was_is_inconsistent()
    {
        var state = NewState("text", etag: "never");

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(StateName, NewGrain(), state));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync(StateName, NewGrain(), state));
    }

    [Fact]
    public async Task A_call_that_is_cancelled_beforehand_changes_nothing()
    {
        var grain = NewGrain();
        var stored = NewState("stored");
        await Storage.WriteStateAsync(StateName, grain, stored);
        var mine = NewState("mine", etag: stored.ETag);
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Storage.WriteStateAsync(StateName, grain, mine, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Storage.ClearStateAsync(StateName, grain, mine, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Storage.ReadStateAsync(StateName, grain, mine, cancelled));

        Assert.Equal(new ProbeState { Text = "mine" }, mine.State);
        await AssertStoredAsync(grain, stored);
    }
}

using System.Net;
using Microsoft.Data.Sqlite;

namespace DChat.EndToEnd.Tests.Silo;

public sealed class StopTests(RunningSilo running) : IClassFixture<RunningSilo>
{
    private const int Aborted = 130;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    public async Task A_signal_drains_the_silo_which_is_ready_again_after_a_restart_on_the_same_data_and_ports(string signal)
    {
        var silo = await running.StartedAsync(Cancel);
        using var first = await running.Http.GetAsync("/health/ready", Cancel);

        await silo.Process.SignalAsync(signal, Cancel);

        Assert.Equal(0, await silo.Process.WaitForExitAsync(Cancel));
        Assert.Equal("Stopping; Ctrl-C aborts.", silo.Process.Output[^1]);
        Assert.Empty(silo.Process.Errors);
        await silo.RestartAsync(Cancel);
        using var second = await running.Http.GetAsync("/health/ready", Cancel);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
    }

    [Fact]
    public async Task A_locked_state_database_makes_it_unready_with_the_reason_but_not_dead()
    {
        var silo = await running.StartedAsync(Cancel);
        using var stateLock = LockState();

        using var ready = await running.Http.GetAsync("/health/ready", Cancel);
        using var live = await running.Http.GetAsync("/health/live", Cancel);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("is locked by another process", await ready.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    [Fact]
    public async Task A_second_interrupt_aborts_a_drain_that_takes_too_long()
    {
        var silo = await running.StartedAsync(Cancel);

        // A request that waits for the lock holds up the drain, once the silo has it; the second one comes after the first.
        using var stateLock = LockState();
        var held = running.Http.GetAsync("/health/ready", Cancel);
        using var live = await running.Http.GetAsync("/health/live", Cancel);
        await silo.Process.SignalAsync("INT", Cancel);
        await silo.Process.WaitForLineAsync(line => line.StartsWith("Stopping", StringComparison.Ordinal), Cancel);
        await silo.Process.SignalAsync("INT", Cancel);

        Assert.Equal(Aborted, await silo.Process.WaitForExitAsync(Cancel));
        await Assert.ThrowsAsync<HttpRequestException>(() => held);
    }

    /// <summary>Holds the write lock of the state database until disposed.</summary>
    private SqliteConnection LockState()
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = Path.Combine(running.DataDirectory, "state.db"), Pooling = false };
        var connection = new SqliteConnection(settings.ToString());
        connection.Open();
        using var begin = new SqliteCommand("BEGIN IMMEDIATE", connection);
        begin.ExecuteNonQuery();
        return connection;
    }
}

using System.Text;
using DChat.Core;
using DChat.Testing;
using Microsoft.Data.Sqlite;
using Orleans.Storage;

namespace DChat.Storage.Tests.State;

/// <summary>One file: shared, locked, damaged or out of reach.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private static readonly GrainId Grain = GrainId.Create("probe", "grain");
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteHost _host;

    public SqliteFileTests() => _host = new SqliteHost(options =>
    {
        options.Path = FilePath;
        options.BusyTimeout = TimeSpan.FromSeconds(1);
    });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string FilePath => _folder["nested/state.db"];

    public void Dispose()
    {
        _host.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Storages_of_different_names_share_a_file_but_no_records()
    {
        await WriteAsync(_host.Named("dchat"), "one");
        await WriteAsync(_host.Named("PubSubStore"), "two");

        Assert.Equal("one", await ReadTextAsync(_host.Named("dchat")));
        Assert.Equal("two", await ReadTextAsync(_host.Named("PubSubStore")));
        Assert.Equal([FilePath], Directory.GetFiles(_folder["nested"], "*.db"));
    }

    [Fact]
    public async Task Two_silos_on_one_file_see_each_others_writes_and_only_one_wins_a_race()
    {
        using var other = new SqliteHost(FilePath);
        var current = await WriteAsync(_host.Storage, "start");
        for (var round = 0; round < 20; round++)
        {
            var calls = new[] { _host.Storage, other.Storage }.Select((storage, silo) =>
                TryWriteAsync(storage, new GrainState<ProbeState>(new ProbeState { Number = silo }, current.ETag)));
            var winner = Assert.Single(await Task.WhenAll(calls), written => written is not null)!;
            current = await ReadAsync(_host.Storage);
            Assert.Equal(winner.ETag, current.ETag);
            Assert.Equal(winner.ETag, (await ReadAsync(other.Storage)).ETag);
        }
    }

    [Fact]
    public async Task Silos_that_start_at_once_on_no_file_make_one_schema_and_lose_no_write()
    {
        const int Silos = 6;
        for (var round = 0; round < 5; round++)
        {
            var hosts = Enumerable.Range(0, Silos).Select(_ => new SqliteHost(_folder[$"fresh-{round}/state.db"])).ToArray();
            using var start = new Barrier(Silos);
            await Task.WhenAll(hosts.Select((host, silo) => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return WriteAsync(host.Storage, $"of silo {silo}", $"grain-{silo}");
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap()));

            for (var silo = 0; silo < Silos; silo++)
            {
                Assert.Equal($"of silo {silo}", (await ReadAsync(hosts[(silo + 1) % Silos].Storage, $"grain-{silo}")).State!.Text);
            }

            Assert.All(hosts, host => host.Dispose());
        }
    }

    [Fact]
    public async Task A_file_locked_for_too_long_is_a_transient_error_that_names_it()
    {
        await WriteAsync(_host.Storage, "before");
        using var theLock = Lock();

        var error = await Assert.ThrowsAsync<DChatException>(() => WriteAsync(_host.Storage, "blocked", "other-grain"));

        Assert.Equal("state-locked", error.Code);
        Assert.True(error.IsTransient);
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_waits_for_the_lock_while_reads_and_the_callers_scheduler_go_on()
    {
        using var patient = new SqliteHost(options =>
        {
            options.Path = FilePath;
            options.BusyTimeout = TimeSpan.FromSeconds(60);
        });
        await WriteAsync(patient.Storage, "before");
        var scheduler = new TaskFactory(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);
        Task<GrainState<ProbeState>> write;
        using (Lock())
        {
            write = scheduler.StartNew(() => WriteAsync(patient.Storage, "after", "other-grain"), Cancel).Unwrap();

            // A grain's turns run one at a time: this one can run only if the write has left the thread.
            Assert.Equal("before", await scheduler.StartNew(() => ReadTextAsync(patient.Storage), Cancel).Unwrap());
            Assert.False(write.IsCompleted);
        }

        Assert.True((await write).RecordExists);
    }

    [Fact]
    public async Task A_write_that_waits_for_the_lock_can_be_cancelled()
    {
        await WriteAsync(_host.Storage, "before");
        using var patient = new SqliteHost(options =>
        {
            options.Path = FilePath;
            options.BusyTimeout = TimeSpan.FromSeconds(60);
        });
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using (Lock())
        {
            // The first waits for the lock, the second for its turn.
            List<Task> writes = [WriteAsync(patient.Storage, "a", "a", cancel.Token), WriteAsync(patient.Storage, "b", "b", cancel.Token)];
            await cancel.CancelAsync();

            foreach (var write in writes)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
            }
        }

        Assert.False((await ReadAsync(_host.Storage, "a")).RecordExists);
        Assert.False((await ReadAsync(_host.Storage, "b")).RecordExists);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_a_permanent_error_and_is_left_alone()
    {
        Directory.CreateDirectory(_folder["nested"]);
        var garbage = Encoding.ASCII.GetBytes(new string('?', 8192));
        await File.WriteAllBytesAsync(FilePath, garbage, Cancel);

        await AssertFaultAsync("state-corrupt");

        Assert.Equal(garbage, await File.ReadAllBytesAsync(FilePath, Cancel));
    }

    [Fact]
    public async Task A_file_of_a_newer_schema_is_a_permanent_error()
    {
        await WriteAsync(_host.Storage, "before");
        _host.Dispose();
        Execute("PRAGMA user_version = 2");
        using var host = new SqliteHost(FilePath);

        var error = await Assert.ThrowsAsync<DChatException>(() => ReadAsync(host.Storage));

        Assert.Equal("state-version", error.Code);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_a_permanent_error()
    {
        await File.WriteAllTextAsync(_folder["nested"], "a file where the folder should be", Cancel);

        await AssertFaultAsync("state-unavailable");
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_is_a_permanent_error()
    {
        Directory.CreateDirectory(FilePath);

        await AssertFaultAsync("state-unavailable");
    }

    [Fact]
    public async Task A_state_that_the_serializer_cannot_read_is_an_error_that_names_it()
    {
        await _host.Storage.WriteStateAsync("state", Grain, new GrainState<List<int>>([1, 2, 3]));

        var error = await Assert.ThrowsAsync<DChatException>(() => ReadAsync(_host.Storage));

        Assert.Equal("state-unreadable", error.Code);
        Assert.Contains("probe/grain", error.Message, StringComparison.Ordinal);
    }

    private static async Task<GrainState<ProbeState>> WriteAsync(
        IGrainStorage storage, string text, string key = "grain", CancellationToken? cancellationToken = null)
    {
        var state = new GrainState<ProbeState>(new ProbeState { Text = text });
        await storage.WriteStateAsync("state", GrainId.Create("probe", key), state, cancellationToken ?? Cancel);
        return state;
    }

    private static async Task<GrainState<ProbeState>?> TryWriteAsync(IGrainStorage storage, GrainState<ProbeState> state)
    {
        try
        {
            await storage.WriteStateAsync("state", Grain, state, Cancel);
            return state;
        }
        catch (InconsistentStateException)
        {
            return null;
        }
    }

    private static async Task<GrainState<ProbeState>> ReadAsync(IGrainStorage storage, string key = "grain")
    {
        var state = new GrainState<ProbeState>(new ProbeState());
        await storage.ReadStateAsync("state", GrainId.Create("probe", key), state, Cancel);
        return state;
    }

    private static async Task<string?> ReadTextAsync(IGrainStorage storage) => (await ReadAsync(storage)).State!.Text;

    private async Task AssertFaultAsync(string code)
    {
        var error = await Assert.ThrowsAsync<DChatException>(() => ReadAsync(_host.Storage));
        Assert.Equal(code, error.Code);
        Assert.False(error.IsTransient);
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = FilePath, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    /// <summary>Holds the write lock, as another process would, until disposed.</summary>
    private SqliteConnection Lock()
    {
        var connection = Open();
        using var command = new SqliteCommand("BEGIN IMMEDIATE", connection);
        command.ExecuteNonQuery();
        return connection;
    }

    private void Execute(string sql)
    {
        using var connection = Open();
        using var command = new SqliteCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}

using System.Text;
using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Azure.Log;
using DChat.Storage.Tests.Log.Local;
using DChat.Testing;
using DChat.Testing.Backends;
using DChat.Testing.Processes;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Azure;

/// <summary>How a log is made, what it refuses to open, and what it does when the account is away.</summary>
public sealed partial class StartTests(AzuriteServer server)
{
    private readonly TestContainer _container = server.NewContainer();

    [Fact]
    public async Task Silos_that_start_at_once_make_one_log()
    {
        var logs = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _container.OpenAsync()));

        Assert.Single(logs.Select(log => log.Id).Distinct());
        Assert.All(logs, log => Assert.Empty(log.Unreleased));
        foreach (var log in logs)
        {
            await log.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_log_whose_making_was_not_answered_is_made_once()
    {
        var lost = 0;
        var faults = new FaultPolicy { On = call => call.Kind == BlobCallKind.Create && lost++ < 2 ? Trouble.AnswerLost : null };
        await using var log = await _container.OpenAsync(faults);
        await using var other = await _container.OpenAsync();

        Assert.Equal(log.Id, other.Id);
    }

    [Fact]
    public async Task A_container_of_another_network_or_shard_bits_or_format_is_refused()
    {
        await using (await _container.OpenAsync())
        {
        }

        Assert.Contains("log.json keeps network test with 2 shard bits, but other with 2 is asked for", (await FailAsync("log-mismatch", options => options.Network = "other")).Message, StringComparison.Ordinal);
        Assert.Contains("but test with 3 is asked for", (await FailAsync("log-mismatch", options => options.ShardBits = 3)).Message, StringComparison.Ordinal);
        await WriteManifestAsync("""{"format": 2, "log": "8c5f2a60-6a0e-4a1e-9d8f-000000000001", "network": "test", "shardBits": 2}""");
        Assert.Contains("has format 2, but this version reads format 1", (await FailAsync("log-mismatch")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"format": 1}""")]
    public async Task A_manifest_that_cannot_be_read_is_damage(string text)
    {
        await using (await _container.OpenAsync())
        {
        }

        await WriteManifestAsync(text);

        Assert.Contains("log.json is damaged at offset", (await FailAsync("log-corrupt")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("dchat--log")]
    [InlineData("Dchat")]
    public async Task A_container_of_a_name_that_azure_does_not_take_is_refused(string name) =>
        Assert.Contains("Container", (await FailAsync(OptionRange.InvalidCode, options => options.Container = name)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(AzureShardLogOptions.MinBlobBytes - 1)]
    [InlineData(AzureShardLogOptions.MaxBlobBytes + 1)]
    public async Task A_size_of_blobs_beyond_its_range_is_refused(long bytes) =>
        Assert.Contains("BlobBytes", (await FailAsync(OptionRange.InvalidCode, options => options.BlobBytes = bytes)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task An_account_that_does_not_answer_or_refuses_is_named_without_its_key()
    {
        var away = Port().Replace(server.Azurite.ConnectionString, $"127.0.0.1:{LoopbackPorts.Take()}/");
        foreach (var connection in new[] { away, server.Azurite.ConnectionWith(Convert.ToBase64String(new byte[64])) })
        {
            var error = await Assert.ThrowsAsync<DChatException>(() => AzureShardLog.OpenAsync(
                _container.Options(), client => new BlobServiceClient(connection, client), TimeProvider.System, logger: null, Token));

            Assert.True(error is { Code: "log-unreachable", IsTransient: true });
            Assert.Contains("The log at http://127.0.0.1", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("AccountKey", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_when_the_account_comes_back_and_health_tells_of_the_time_between()
    {
        using var folder = new TemporaryFolder();
        await using var azurite = await Azurite.StartAsync(folder["azurite"], Token);
        var container = new TestContainer(azurite.ConnectionString, "log");
        await using var log = await container.OpenAsync();
        var writer = await TestContainer.OpenShardAsync(log);
        var kept = await writer.AppendAsync(1, seed: 1, 100, 200);

        await azurite.StopAsync(Token);
        Assert.Equal(AppendOutcome.Failed, await writer.AppendAsync(Batch(writer, 1, seed: 2, 100)));
        Assert.NotNull(log.Problem);
        Assert.Equal("log-unreachable", (await Assert.ThrowsAsync<DChatException>(async () => await TestContainer.OpenShardAsync(log))).Code);
        Assert.Equal("log-unreadable", (await Assert.ThrowsAsync<DChatException>(
            async () => await writer.ReadAsync(writer.Index.Snapshot(), new ulong[] { 1 }, Token))).Code);

        await azurite.StartAsync(Token);
        while (log.Problem is not null)
        {
            // Asking has the log look.
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        var reopened = await TestContainer.OpenShardAsync(log);
        await reopened.AssertHoldsAsync(kept);
        await reopened.AssertHoldsAsync(kept, await reopened.AppendAsync(1, seed: 3, 100));
    }

    [Fact]
    public async Task A_shard_that_the_network_does_not_have_and_a_closed_log_are_refused()
    {
        var log = await _container.OpenAsync();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await log.OpenAsync(new ShardId(1 << ShardBits), Token));
        await log.DisposeAsync();
        await log.DisposeAsync();

        Assert.Equal("log-failed", (await Assert.ThrowsAsync<DChatException>(async () => await log.OpenAsync(new ShardId(1), Token))).Code);
    }

    [GeneratedRegex("127\\.0\\.0\\.1:[0-9]+/")]
    private static partial Regex Port();

    private async Task WriteManifestAsync(string text) => await _container.Client.GetBlobClient("log.json").UploadAsync(
        new MemoryStream(Encoding.UTF8.GetBytes(text)), overwrite: true, Token);

    private async Task<DChatException> FailAsync(string code, Action<AzureShardLogOptions>? configure = null)
    {
        var error = await Assert.ThrowsAsync<DChatException>(() => _container.OpenAsync(configure: configure));
        Assert.Equal(code, error.Code);
        return error;
    }
}

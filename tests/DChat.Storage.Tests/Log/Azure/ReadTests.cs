using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Storage.Tests.Log.Local;
using DChat.Testing.Log;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Azure;

/// <summary>How envelopes are read back: with how many requests, how many at most, and what happens when a request is lost.</summary>
public sealed class ReadTests(AzuriteServer server)
{
    private readonly TestContainer _container = server.NewContainer();
    private readonly FaultPolicy _faults = new();

    [Fact]
    public async Task Neighbours_are_read_with_one_request_and_what_is_far_apart_with_one_each()
    {
        await using var log = await _container.OpenAsync(_faults);
        var writer = await TestContainer.OpenShardAsync(log);
        await writer.AppendAsync(1, seed: 1, 100, 3_000, 100, 5_000, 100);
        var before = Reads;

        Assert.Equal(3_200, (await ReadAsync(writer, 1, 2, 3)).Bytes.Length);
        Assert.Equal(1, Reads - before);
        Assert.Equal(200, (await ReadAsync(writer, 1, 3)).Bytes.Length);
        Assert.Equal(2, Reads - before);
        Assert.Equal(200, (await ReadAsync(writer, 3, 5)).Bytes.Length);
        Assert.Equal(4, Reads - before);
    }

    [Fact]
    public async Task A_call_reads_up_to_its_limit_and_refuses_what_is_beyond()
    {
        await using var log = await _container.OpenAsync();
        var writer = await TestContainer.OpenShardAsync(log);
        await writer.AppendAsync(1, seed: 1, 32_768, 1);
        ulong[] most = [.. Enumerable.Repeat(1ul, RecordRun.MaxEnvelopeBytes / 32_768)];

        Assert.Equal(RecordRun.MaxEnvelopeBytes, (await ReadAsync(writer, most)).Bytes.Length);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await ReadAsync(writer, [.. most, 2ul]));
    }

    [Fact]
    public async Task A_reading_that_is_lost_is_repeated_and_after_four_attempts_it_is_for_later()
    {
        await using var log = await _container.OpenAsync(_faults);
        var writer = await TestContainer.OpenShardAsync(log);
        var batch = await writer.AppendAsync(1, seed: 1, 100);
        var lost = 3;
        _faults.On = call => call.Kind == BlobCallKind.Read && lost-- > 0 ? Trouble.RequestLost : null;
        Assert.Equal(batch.Bytes(), (await ReadAsync(writer, 1)).Bytes);

        lost = 4;
        var before = Reads;
        var error = await Assert.ThrowsAsync<DChatException>(async () => await ReadAsync(writer, 1));
        Assert.True(error is { Code: "log-unreadable", IsTransient: true });
        Assert.Contains("1/0000000001-000000.log at offset 64 failed: The connection was lost", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, Reads - before);
    }

    [Fact]
    public async Task A_reading_that_is_to_wait_longer_than_anybody_may_be_kept_waiting_is_for_later()
    {
        await using var log = await _container.OpenAsync(_faults);
        var writer = await TestContainer.OpenShardAsync(log);
        await writer.AppendAsync(1, seed: 1, 100);
        _faults.On = call => call.Kind == BlobCallKind.Read ? Trouble.Answered(503, retryAfter: 86_400) : null;
        var before = Reads;

        var error = await Assert.ThrowsAsync<DChatException>(async () => await ReadAsync(writer, 1).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token));

        Assert.True(error is { Code: "log-unreadable", IsTransient: true });
        Assert.Equal(1, Reads - before);
    }

    [Fact]
    public async Task An_opening_that_is_refused_for_good_is_told_at_once_and_health_knows()
    {
        await using var log = await _container.OpenAsync(_faults);
        _faults.On = call => call.Kind == BlobCallKind.List ? Trouble.Answered(403) : null;
        var before = _faults.Calls.Count;

        var error = await Assert.ThrowsAsync<DChatException>(async () => await TestContainer.OpenShardAsync(log));

        Assert.Equal("log-unreachable", error.Code);
        Assert.EndsWith("cannot be used: HTTP status 403.", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, _faults.Calls.Count - before);
        Assert.EndsWith("fails: HTTP status 403", log.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EnvelopeLimits.MaxBytes + 1, 1)]
    [InlineData(0, 1)]
    [InlineData(100, 2)]
    public async Task A_batch_that_is_not_in_order_is_refused_before_a_request(int length, int shard)
    {
        await using var log = await _container.OpenAsync(_faults);
        var writer = await TestContainer.OpenShardAsync(log);
        var before = _faults.Calls.Count;

        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.AppendAsync(Batch(1, shard, seed: 1, [length])));

        Assert.Equal(before, _faults.Calls.Count);
        await writer.AssertHoldsAsync(await writer.AppendAsync(1, seed: 2, 100));
    }

    private int Reads => _faults.Calls.Count(call => call.Kind == BlobCallKind.Read);

    private static async Task<StoredEnvelopes> ReadAsync(IndexedShardWriter writer, params ulong[] sequences) =>
        await writer.ReadAsync(writer.Index.Snapshot(), sequences, Token);
}

using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using DChat.Core.Shards;
using DChat.Storage.Azure.Log;
using DChat.Storage.Tests.Log.Local;
using Microsoft.Extensions.Time.Testing;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Log.Azure;

/// <summary>What becomes of an append whose request or answer is lost, or that the service does not want.</summary>
public sealed class AppendFaultTests(AzuriteServer server)
{
    private readonly TestContainer _container = server.NewContainer();
    private readonly FaultPolicy _faults = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_append_whose_answer_or_request_is_lost_is_there_once(bool isDone)
    {
        await using var log = await _container.OpenAsync(_faults);
        var writer = await TestContainer.OpenShardAsync(log);
        FailAppends(1, isDone ? Trouble.AnswerLost : Trouble.RequestLost);
        var lost = await writer.AppendAsync(1, seed: 1, 100, 200);
        var next = await writer.AppendAsync(1, seed: 2, 50);

        await writer.AssertHoldsAsync(lost, next);
        await AssertReopensWithAsync(lost, next);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(504)]
    [InlineData(408)]
    public async Task An_answer_that_says_nothing_of_the_append_is_looked_into(int status)
    {
        await using var log = await _container.OpenAsync(_faults);
        var writer = await TestContainer.OpenShardAsync(log);
        FailAppends(1, Trouble.Answered(status) with { IsDone = true });
        var done = await writer.AppendAsync(1, seed: 1, 100);
        FailAppends(2, Trouble.Answered(status));
        var sentAgain = await writer.AppendAsync(1, seed: 2, 100);

        await AssertReopensWithAsync(done, sentAgain);
    }

    [Fact]
    public async Task After_four_attempts_the_append_has_failed_and_the_writer_steps_down_but_the_shard_opens_with_or_without_the_batch()
    {
        await using var log = await _container.OpenAsync(_faults);
        var writer = await TestContainer.OpenShardAsync(log);
        var kept = await writer.AppendAsync(1, seed: 1, 100);
        var failing = Batch(writer, 1, seed: 2, 100);
        FailAppends(int.MaxValue, Trouble.RequestLost);
        var before = Appends;

        Assert.Equal(AppendOutcome.Failed, await writer.AppendAsync(failing));
        Assert.Equal(4, Appends - before);
        Assert.Contains("The connection was lost", log.Problem, StringComparison.Ordinal);

        FailAppends(0, Trouble.RequestLost);
        Assert.Equal(AppendOutcome.Fenced, await writer.AppendAsync(failing));
        var reopened = await TestContainer.OpenShardAsync(log);
        await reopened.AssertHoldsAsync(kept);
        Assert.Equal(AppendOutcome.Durable, await reopened.AppendAsync(failing));
        Assert.Null(log.Problem);
        await AssertReopensWithAsync(kept, failing);
    }

    [Fact]
    public async Task A_batch_of_which_no_answer_and_no_reading_told_is_there_when_the_shard_is_opened_anew()
    {
        await using var log = await _container.OpenAsync(_faults);
        var writer = await TestContainer.OpenShardAsync(log);
        var unknown = Batch(writer, 1, seed: 1, 100);
        _faults.On = call => call.Kind switch
        {
            BlobCallKind.Append => Trouble.AnswerLost,
            BlobCallKind.Read => Trouble.RequestLost,
            _ => null,
        };

        Assert.Equal(AppendOutcome.Failed, await writer.AppendAsync(unknown));

        _faults.On = _ => null;
        await AssertReopensWithAsync(unknown);
    }

    [Fact]
    public async Task A_request_that_is_done_after_the_shard_was_opened_anew_finds_its_position_taken()
    {
        await using var log = await _container.OpenAsync(_faults);
        var writer = await TestContainer.OpenShardAsync(log);
        FailAppends(int.MaxValue, Trouble.RequestLost);
        var late = Batch(writer, 1, seed: 1, 100);
        Assert.Equal(AppendOutcome.Failed, await writer.AppendAsync(late));
        var request = _faults.Calls.Last(call => call.Kind == BlobCallKind.Append);
        FailAppends(0, Trouble.RequestLost);
        var second = await TestContainer.OpenShardAsync(log);

        var blob = _container.Client.GetAppendBlobClient((await _container.NamesAsync())[0]);
        foreach (var lease in new[] { request.Lease, null })
        {
            var refused = await Assert.ThrowsAsync<RequestFailedException>(() => blob.AppendBlockAsync(
                new MemoryStream(request.Body),
                new AppendBlobAppendBlockOptions { Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = request.Position, LeaseId = lease } },
                Token));
            Assert.Equal(412, refused.Status);
        }

        await AssertReopensWithAsync(await second.AppendAsync(1, seed: 2, 100));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_service_that_is_busy_is_left_alone_for_as_long_as_it_asks(int status)
    {
        var time = new FakeTimeProvider();
        await using var log = await _container.OpenAsync(_faults, time: time);
        var writer = await TestContainer.OpenShardAsync(log);
        var batch = Batch(writer, 1, seed: 1, 100);
        FailAppends(1, Trouble.Answered(status, retryAfter: 10));
        var before = Appends;

        Assert.Equal(AppendOutcome.Busy, await writer.AppendAsync(batch));
        time.Advance(TimeSpan.FromSeconds(9.999));
        Assert.Equal(AppendOutcome.Busy, await writer.AppendAsync(batch));
        Assert.Equal(1, Appends - before);

        time.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Equal(AppendOutcome.Durable, await writer.AppendAsync(batch));
        await AssertReopensWithAsync(batch);
    }

    [Fact]
    public async Task A_service_that_is_busy_for_a_moment_is_asked_again_and_at_every_attempt_the_batch_is_refused()
    {
        await using var log = await _container.OpenAsync(_faults);
        var writer = await TestContainer.OpenShardAsync(log);
        FailAppends(3, Trouble.Answered(503));
        var kept = await writer.AppendAsync(1, seed: 1, 100);
        FailAppends(4, Trouble.Answered(503));
        var refused = Batch(writer, 1, seed: 2, 100);

        Assert.Equal(AppendOutcome.Busy, await writer.AppendAsync(refused));
        Assert.Equal(AppendOutcome.Durable, await writer.AppendAsync(refused));
        await AssertReopensWithAsync(kept, refused);
    }

    [Fact]
    public async Task A_batch_that_was_lost_once_and_then_refused_has_failed_since_it_may_yet_be_written()
    {
        await using var log = await _container.OpenAsync(_faults);
        var writer = await TestContainer.OpenShardAsync(log);
        var failures = 0;
        _faults.On = call => call.Kind != BlobCallKind.Append ? null : failures++ == 0 ? Trouble.RequestLost : Trouble.Answered(503);

        Assert.Equal(AppendOutcome.Failed, await writer.AppendAsync(Batch(writer, 1, seed: 1, 100)));
    }

    [Fact]
    public async Task An_append_that_is_not_answered_ends_when_its_time_is_up()
    {
        var time = new FakeTimeProvider();
        await using var log = await _container.OpenAsync(_faults, options => options.Attempts = 1, time);
        var writer = await TestContainer.OpenShardAsync(log);
        var trouble = new Trouble { Hangs = true };
        FailAppends(1, trouble);

        var append = writer.AppendAsync(Batch(writer, 1, seed: 1, 100)).AsTask();
        await trouble.Hanging.Task.WaitAsync(Token);
        time.Advance(TimeSpan.FromSeconds(4.999));
        Assert.False(append.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.001));

        Assert.Equal(AppendOutcome.Failed, await append);
    }

    [Theory]
    [InlineData(409)]
    [InlineData(412)]
    public async Task A_writer_whose_condition_fails_is_fenced_for_good(int status)
    {
        await using var log = await _container.OpenAsync(_faults);
        var writer = await TestContainer.OpenShardAsync(log);
        var kept = await writer.AppendAsync(1, seed: 1, 100);
        FailAppends(1, Trouble.Answered(status));
        var next = Batch(writer, 1, seed: 2, 100);

        Assert.Equal(AppendOutcome.Fenced, await writer.AppendAsync(next));
        Assert.Equal(AppendOutcome.Fenced, await writer.AppendAsync(next));
        await AssertReopensWithAsync(kept);
    }

    [Fact]
    public async Task A_writer_whose_lease_was_broken_is_fenced_though_nobody_has_the_shard()
    {
        await using var log = await _container.OpenAsync();
        var writer = await TestContainer.OpenShardAsync(log);
        var kept = await writer.AppendAsync(1, seed: 1, 100);
        await _container.BreakLeaseAsync((await _container.NamesAsync())[0]);

        Assert.Equal(AppendOutcome.Fenced, await writer.AppendAsync(Batch(writer, 1, seed: 2, 100)));
        await AssertReopensWithAsync(kept);
    }

    [Fact]
    public async Task Every_append_says_where_its_blob_has_to_end_and_carries_the_lease_of_its_writer()
    {
        await using var log = await _container.OpenAsync(_faults, options => options.BlobBlocks = 3);
        var writer = await TestContainer.OpenShardAsync(log);
        for (var seed = 1; seed <= 5; seed++)
        {
            await writer.AppendAsync(1, seed, 100);
        }

        await TestContainer.OpenShardAsync(log);
        var appends = _faults.Calls.Where(call => call.Kind == BlobCallKind.Append).ToList();

        // All but the end that the second writer appends to the blob of the first.
        Assert.All(appends, call => Assert.NotNull(call.Position));
        Assert.Equal(BlobMark.Length, Assert.Single(appends, call => call.Lease is null).Body.Length);
    }

    private int Appends => _faults.Calls.Count(call => call.Kind == BlobCallKind.Append);

    private void FailAppends(int count, Trouble trouble) =>
        _faults.On = call => call.Kind == BlobCallKind.Append && count-- > 0 ? trouble : null;

    private async Task AssertReopensWithAsync(params ShardAppend[] batches)
    {
        await using var log = await _container.OpenAsync();
        await (await TestContainer.OpenShardAsync(log)).AssertHoldsAsync(batches);
    }
}

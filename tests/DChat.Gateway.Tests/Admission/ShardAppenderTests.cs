using DChat.Abstractions.Admission;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Gateway.Admission;
using DChat.Testing.Clusters;
using DChat.Testing.Messages;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Gateway.Tests.Admission;

public sealed class ShardAppenderTests
{
    private static readonly Author Author = Author.OfShard(3);

    private readonly List<(AppendRequest Request, TaskCompletionSource<PublishReply> Reply)> _calls = [];
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly AdmissionPipeline _pipeline;
    private readonly ShardAppender _appender;

    public ShardAppenderTests()
    {
        var options = new AdmissionOptions();
        options.Author.Burst = options.Topic.Burst = options.Source.Burst = options.Network.Burst = QuotaOptions.MaxBurst;
        _pipeline = new AdmissionPipeline(TestCluster.Network, options, _time);
        _appender = new ShardAppender(
            Door.Push,
            request =>
            {
                var reply = new TaskCompletionSource<PublishReply>();
                _calls.Add((request, reply));
                return reply.Task;
            },
            _time);
    }

    [Fact]
    public async Task The_first_batch_goes_at_once_and_those_behind_it_share_a_call()
    {
        var first = _appender.AppendAsync(Batch(1));
        var second = _appender.AppendAsync(Batch(2));
        var third = _appender.AppendAsync(Batch(3));
        Assert.Single(_calls);

        Answer(0);

        Assert.Equal(2, _calls.Count);
        Assert.Equal(5, _calls[1].Request.Envelopes.Count);
        Assert.Equal(Door.Push, _calls[1].Request.Door);
        Answer(1);
        Assert.Equal("1", Sequences(await first));
        Assert.Equal("1 2", Sequences(await second));
        Assert.Equal("3 4 5", Sequences(await third));
    }

    [Fact]
    public void A_batch_waits_for_company_two_milliseconds_and_no_longer()
    {
        _ = _appender.AppendAsync(Batch(1));
        _ = _appender.AppendAsync(Batch(1));

        _time.Advance(TimeSpan.FromMilliseconds(1.9));
        Assert.Single(_calls);
        _time.Advance(TimeSpan.FromMilliseconds(0.2));

        Assert.Equal(2, _calls.Count);
    }

    [Fact]
    public void The_entries_travel_in_the_order_of_the_envelopes()
    {
        _ = _appender.AppendAsync(Batch(1));
        AdmittedBatch a = Batch(2), b = Batch(1);
        _ = _appender.AppendAsync(a);
        _ = _appender.AppendAsync(b);

        Answer(0);

        var request = _calls[1].Request;
        Assert.Equal(a.Results.Concat(b.Results).Select(result => result.Entry), Enumerable.Range(0, 3).Select(request.EntryAt));
    }

    [Fact]
    public void Full_batches_do_not_wait_for_the_call_before_up_to_four_calls()
    {
        for (var i = 0; i < 6; i++)
        {
            _ = _appender.AppendAsync(Batch(EnvelopeBatch.MaxCount));
        }

        Assert.Equal(ShardAppender.MaxCalls, _calls.Count);
        Answer(2);
        Assert.Equal(ShardAppender.MaxCalls + 1, _calls.Count);
    }

    [Fact]
    public async Task A_failed_call_fails_its_batches_and_no_others()
    {
        var first = _appender.AppendAsync(Batch(1));
        var second = _appender.AppendAsync(Batch(1));

        _calls[0].Reply.SetException(new DChatException("storage-unavailable", "gone", isTransient: true));

        Assert.Equal("storage-unavailable", (await Assert.ThrowsAsync<DChatException>(() => first)).Code);
        Answer(1);
        Assert.Equal("1", Sequences(await second));
    }

    private static string Sequences((LogId Log, PublishResult[] Results) reply) => string.Join(' ', reply.Results.Select(result => result.Sequence));

    private AdmittedBatch Batch(int count)
    {
        var batch = new AdmittedBatch(Author.Shard, new AdmissionSource(Door.Push, "caller"));
        for (var i = 0; i < count; i++)
        {
            var envelope = Author.SealOne([]);
            batch.Add(i, envelope, _pipeline.Admit(envelope, Author.Shard, batch.Source));
        }

        return batch;
    }

    private void Answer(int call)
    {
        var count = _calls[call].Request.Envelopes.Count;
        _calls[call].Reply.SetResult(new PublishReply(
            default, [.. Enumerable.Range(1, count).Select(i => new PublishResult((ulong)i, (ulong)i, isDuplicate: false))]));
    }
}

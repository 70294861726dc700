using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Gateway.Admission;

namespace DChat.Gateway.Tests.Admission;

public sealed class ShardAppenderTests
{
    private readonly List<(AppendRequest Request, TaskCompletionSource<PublishReply> Reply)> _calls = [];
    private readonly ShardAppender _appender;

    public ShardAppenderTests() => _appender = new ShardAppender(Door.Push, request =>
    {
        var reply = new TaskCompletionSource<PublishReply>();
        _calls.Add((request, reply));
        return reply.Task;
    });

    [Fact]
    public async Task The_first_offer_goes_at_once_and_those_behind_it_share_a_call()
    {
        var first = _appender.AppendAsync(Offer(1));
        var second = _appender.AppendAsync(Offer(2));
        var third = _appender.AppendAsync(Offer(3));
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
    public void The_ids_travel_in_the_order_of_the_envelopes()
    {
        _ = _appender.AppendAsync(Offer(1));
        AdmittedOffer a = Offer(2), b = Offer(1);
        _ = _appender.AppendAsync(a);
        _ = _appender.AppendAsync(b);

        Answer(0);

        Assert.Equal(a.Ids.Concat(b.Ids).SelectMany(id => id.Value.ToArray()), _calls[1].Request.MessageIds);
    }

    [Theory]
    [InlineData(EnvelopeBatch.MaxCount, 1, 1)]
    [InlineData(EnvelopeBatch.MaxCount + 1, 1, 2)]
    [InlineData(4, EnvelopeBatch.MaxBytes / 4, 1)]
    [InlineData(5, EnvelopeBatch.MaxBytes / 4, 2)]
    public void A_call_holds_a_batch_and_no_more(int offers, int length, int calls)
    {
        _ = _appender.AppendAsync(Offer(1));
        for (var i = 0; i < offers; i++)
        {
            _ = _appender.AppendAsync(Offer(1, length));
        }

        for (var answered = 0; answered < _calls.Count; answered++)
        {
            Answer(answered);
        }

        Assert.Equal(1 + calls, _calls.Count);
        Assert.All(_calls, call => Assert.InRange(call.Request.Envelopes.Count, 1, EnvelopeBatch.MaxCount));
        Assert.All(_calls, call => Assert.InRange(call.Request.Envelopes.Bytes.Length, 1, EnvelopeBatch.MaxBytes));
        Assert.Equal(1 + offers, _calls.Sum(call => call.Request.Envelopes.Count));
    }

    [Fact]
    public void Full_batches_do_not_wait_for_the_call_before_up_to_four_calls()
    {
        for (var i = 0; i < 6; i++)
        {
            _ = _appender.AppendAsync(Offer(EnvelopeBatch.MaxCount));
        }

        Assert.Equal(4, _calls.Count);
        Answer(2);
        Assert.Equal(5, _calls.Count);
    }

    [Fact]
    public async Task A_failed_call_fails_its_offers_and_no_others()
    {
        var first = _appender.AppendAsync(Offer(1));
        var second = _appender.AppendAsync(Offer(1));

        _calls[0].Reply.SetException(new DChatException("storage-unavailable", "gone", isTransient: true));

        Assert.Equal("storage-unavailable", (await Assert.ThrowsAsync<DChatException>(() => first)).Code);
        Answer(1);
        Assert.Equal("1", Sequences(await second));
    }

    private static string Sequences((LogId Log, PublishResult[] Results) reply) => string.Join(' ', reply.Results.Select(result => result.Sequence));

    private static AdmittedOffer Offer(int count, int length = 10)
    {
        var envelopes = Enumerable.Range(0, count).Select(_ => (ReadOnlyMemory<byte>)new byte[length]).ToArray();
        var ids = envelopes.Select(_ => MessageId.Compute(Guid.NewGuid().ToByteArray())).ToArray();
        return new AdmittedOffer(new ShardId(3), envelopes, ids);
    }

    private void Answer(int call)
    {
        var count = _calls[call].Request.Envelopes.Count;
        _calls[call].Reply.SetResult(new PublishReply(
            default, [.. Enumerable.Range(1, count).Select(i => new PublishResult((ulong)i, (ulong)i, isDuplicate: false))]));
    }
}

using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Gateway.Admission;
using DChat.Testing.Messages;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Gateway.Tests.Admission;

public sealed class ShardCallerTests
{
    private static readonly LogId Log = new(Guid.Parse("00112233445566778899aabbccddeeff"));
    private static readonly AppendRequest Request = Appends.Of(Author.OfShard(3).Seal(1), Door.Push);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly Queue<Func<Task<PublishReply>>> _answers = [];
    private readonly ShardCaller _caller;
    private int _calls;

    public ShardCallerTests() => _caller = new ShardCaller(
        new ShardId(3),
        _ =>
        {
            _calls++;
            return _answers.Count > 0 ? _answers.Dequeue()() : Moving();
        },
        _time);

    [Fact]
    public async Task What_a_shard_says_of_messages_is_answered_after_one_call()
    {
        _answers.Enqueue(() => Answer(new PublishResult(RejectionCode.Overloaded)));

        var reply = await _caller.AppendAsync(Request);

        Assert.Equal((RejectionCode.Overloaded, 1), (reply.Results[0].Rejection, _calls));
    }

    [Fact]
    public async Task A_shard_that_moves_or_whose_silo_is_gone_is_called_again_until_it_answers()
    {
        _answers.Enqueue(Moving);
        _answers.Enqueue(() => throw new SiloUnavailableException("gone"));
        _answers.Enqueue(() => new TaskCompletionSource<PublishReply>().Task);
        _answers.Enqueue(() => Answer(new PublishResult(7, 2, isDuplicate: true)));

        var reply = await CompleteAsync(_caller.AppendAsync(Request));

        Assert.Equal((7ul, 4), (reply.Results[0].Sequence, _calls));
    }

    [Fact]
    public async Task A_call_is_made_again_until_the_limit_and_no_longer()
    {
        var appending = _caller.AppendAsync(Request);
        _time.Advance(ShardCaller.MaxWait - TimeSpan.FromTicks(1));
        Assert.False(appending.IsCompleted);
        var calls = _calls;
        _time.Advance(TimeSpan.FromTicks(1));

        // The pause that was under way ends with one last call.
        var fault = await Assert.ThrowsAsync<DChatException>(() => CompleteAsync(appending));
        Assert.Equal((RejectionCode.StorageUnavailable.ToCode(), true), (fault.Code, fault.IsTransient));
        Assert.InRange(_calls, calls, calls + 1);
    }

    [Fact]
    public async Task A_shard_that_has_not_answered_until_the_limit_keeps_nobody_waiting_until_it_answers_again()
    {
        await Assert.ThrowsAsync<DChatException>(() => CompleteAsync(_caller.AppendAsync(Request)));
        var calls = _calls;

        var fault = await Assert.ThrowsAsync<DChatException>(() => _caller.AppendAsync(Request).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Equal((RejectionCode.StorageUnavailable.ToCode(), 1), (fault.Code, _calls - calls));

        _answers.Enqueue(() => Answer(new PublishResult(7, 2, isDuplicate: false)));
        await _caller.AppendAsync(Request);
        _answers.Enqueue(Moving);
        _answers.Enqueue(() => Answer(new PublishResult(8, 3, isDuplicate: false)));
        Assert.Equal(8ul, (await CompleteAsync(_caller.AppendAsync(Request))).Results[0].Sequence);
    }

    [Fact]
    public async Task What_does_not_pass_is_thrown_at_once()
    {
        _answers.Enqueue(() => throw new DChatException("wrong-shard", "a fault of ours"));

        Assert.Equal("wrong-shard", (await Assert.ThrowsAsync<DChatException>(() => _caller.AppendAsync(Request))).Code);
        Assert.Equal(1, _calls);
    }

    private static Task<PublishReply> Moving() => Answer(new PublishResult(RejectionCode.ShardMoving));

    private static Task<PublishReply> Answer(PublishResult result) => Task.FromResult(new PublishReply(Log, [result]));

    // The continuations of a timer run on the thread that advances the clock.
    private async Task<PublishReply> CompleteAsync(Task<PublishReply> appending)
    {
        for (var step = 0; !appending.IsCompleted && step < 1_000; step++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        return await appending.WaitAsync(TimeSpan.FromSeconds(10));
    }
}

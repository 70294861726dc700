using DChat.Abstractions.Messages;
using DChat.Client.Publishing;
using DChat.Client.Tests.Fakes;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Client.Tests.Publishing;

public sealed class PublishBatcherTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = FakeTime.Create();
    private readonly FakeCluster _cluster = new();
    private readonly DChatClientOptions _options = new();
    private readonly CancellationTokenSource _closing = new();
    private int _completed;
    private byte _last;

    public void Dispose() => _closing.Dispose();

    [Fact]
    public async Task A_lone_message_goes_at_once()
    {
        using var batcher = Batcher();

        var message = Add(batcher);

        Assert.Equal(1, Assert.Single(_cluster.Published).Envelopes.Count);
        var receipt = (await message.Outcome).Receipt;
        Assert.Equal(new LogPosition(_cluster.Shard(default).Log, 1), receipt.Position);
        Assert.Equal(MessageId.Compute(message.Envelope.Span), receipt.MessageId);
        Assert.Equal(1, _completed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public async Task Messages_that_find_a_call_under_way_go_together_when_the_linger_is_over(int linger)
    {
        Assert.Equal(TimeSpan.FromMilliseconds(2), _options.Linger);
        _options.Linger = TimeSpan.FromMilliseconds(linger);
        var gate = HoldCalls();
        using var batcher = Batcher();

        Add(batcher);
        PendingMessage[] others = [Add(batcher), Add(batcher), Add(batcher)];
        _time.Advance(_options.Linger - TimeSpan.FromTicks(1));
        Assert.Single(_cluster.Published);
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Equal([1, 3], _cluster.Published.Select(request => request.Envelopes.Count));
        gate.SetResult();
        Assert.All(await Task.WhenAll(others.Select(message => message.Outcome)), outcome => Assert.True(outcome.IsAccepted));
    }

    [Fact]
    public void The_linger_counts_from_the_first_message_that_waits_and_begins_anew_for_the_next_batch()
    {
        HoldCalls();
        using var batcher = Batcher();

        Add(batcher);
        Add(batcher);
        _time.Advance(_options.Linger / 2);
        Add(batcher);
        _time.Advance(_options.Linger / 2);
        Assert.Equal([1, 2], _cluster.Published.Select(request => request.Envelopes.Count));

        Add(batcher);
        _time.Advance(_options.Linger - TimeSpan.FromTicks(1));
        Assert.Equal(2, _cluster.Published.Count);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([1, 2, 1], _cluster.Published.Select(request => request.Envelopes.Count));
    }

    [Fact]
    public void Without_a_linger_every_message_goes_at_once_while_calls_may_be_made()
    {
        HoldCalls();
        _options.Linger = TimeSpan.Zero;
        using var batcher = Batcher();

        Add(batcher);
        Add(batcher);

        Assert.Equal([1, 1], _cluster.Published.Select(request => request.Envelopes.Count));
    }

    [Fact]
    public async Task Messages_that_linger_go_as_soon_as_nothing_is_under_way()
    {
        var gate = HoldCalls();
        using var batcher = Batcher();

        Add(batcher);
        var second = Add(batcher);
        gate.SetResult();

        Assert.True((await second.Outcome).IsAccepted);
    }

    [Theory]
    [InlineData(EnvelopeBatch.MaxCount, 1, EnvelopeBatch.MaxCount)]
    [InlineData(EnvelopeBatch.MaxCount + 1, 1, EnvelopeBatch.MaxCount)]
    [InlineData(8, EnvelopeBatch.MaxBytes / 8, 8)]
    [InlineData(9, EnvelopeBatch.MaxBytes / 8, 8)]
    [InlineData(8, (EnvelopeBatch.MaxBytes / 8) + 1, 7)]
    public void A_full_batch_goes_without_lingering_and_holds_no_more_than_its_limits(int count, int length, int expected)
    {
        HoldCalls();
        using var batcher = Batcher();

        Add(batcher);
        for (var i = 0; i < count; i++)
        {
            Add(batcher, length);
        }

        Assert.Equal([1, expected], _cluster.Published.Select(request => request.Envelopes.Count));
    }

    [Fact]
    public async Task No_more_calls_are_under_way_than_the_options_allow()
    {
        var gate = HoldCalls();
        _options.MaxBatchesInFlight = 2;
        using var batcher = Batcher();

        Add(batcher);
        Add(batcher);
        _time.Advance(_options.Linger);
        var third = Add(batcher);
        _time.Advance(Second);

        Assert.Equal(2, _cluster.Published.Count);
        gate.SetResult();
        Assert.True((await third.Outcome).IsAccepted);
    }

    [Fact]
    public async Task A_call_that_may_pass_is_repeated_with_the_same_bytes_and_its_copy_counts_as_accepted()
    {
        // The relay keeps the message, but its answer is lost.
        _cluster.BeforePublish = request =>
        {
            if (_cluster.Published.Count < 3)
            {
                _cluster.Shard(request.Shard).Append(request.Envelopes, out _);
                throw Unavailable();
            }

            return Task.FromResult<PublishReply?>(null);
        };
        using var batcher = Batcher();

        var message = Add(batcher);
        var receipt = (await _time.UntilAsync(message.Outcome, Second)).Receipt;

        Assert.True(receipt.IsDuplicate);
        Assert.Equal(1UL, receipt.Position.Sequence);
        Assert.Equal(3, _cluster.Published.Count);
        Assert.All(_cluster.Published, request => Assert.Equal(message.Envelope.ToArray(), request.Envelopes.Bytes));
    }

    [Fact]
    public async Task A_call_that_nobody_answers_is_repeated()
    {
        var never = new TaskCompletionSource<PublishReply?>();
        _cluster.BeforePublish = _ => _cluster.Published.Count == 1 ? never.Task : Task.FromResult<PublishReply?>(null);
        using var batcher = Batcher();

        var message = Add(batcher);
        _time.Advance(_options.CallTimeout - TimeSpan.FromTicks(1));
        Assert.Single(_cluster.Published);

        Assert.True((await _time.UntilAsync(message.Outcome, Second)).IsAccepted);
        Assert.Equal(2, _cluster.Published.Count);
    }

    [Fact]
    public async Task A_message_refused_for_now_is_tried_again_alone()
    {
        var gate = HoldCalls();
        using var batcher = Batcher();
        Add(batcher);
        var refused = Add(batcher);
        var accepted = Add(batcher);
        _cluster.BeforePublish = request => Task.FromResult(
            _cluster.Published.Count == 2
                ? new PublishReply(_cluster.Shard(default).Log, [new(RejectionCode.OverQuota), new(2, 2, isDuplicate: false)])
                : null);

        _time.Advance(_options.Linger);
        gate.SetResult();
        Assert.True((await accepted.Outcome).IsAccepted);
        Assert.True((await _time.UntilAsync(refused.Outcome, Second)).IsAccepted);

        Assert.Equal(refused.Envelope.ToArray(), _cluster.Published[^1].Envelopes.Bytes);
    }

    [Fact]
    public async Task A_rejection_that_will_not_pass_is_final()
    {
        _cluster.BeforePublish = _ => Task.FromResult<PublishReply?>(
            new PublishReply(_cluster.Shard(default).Log, [new PublishResult(RejectionCode.PermitRequired)]));
        using var batcher = Batcher();

        var outcome = await Add(batcher).Outcome;

        Assert.False(outcome.IsAccepted);
        Assert.Equal(RejectionCode.PermitRequired, outcome.Rejection);
        Assert.Equal("permit-required", outcome.Error.Code);
        Assert.False(outcome.Error.IsTransient);
        Assert.Equal("permit-required", Assert.Throws<DChatException>(() => outcome.Receipt).Code);
        Assert.Single(_cluster.Published);
    }

    [Fact]
    public async Task A_refusal_for_now_becomes_final_when_the_time_is_up()
    {
        _cluster.BeforePublish = _ => Task.FromResult<PublishReply?>(
            new PublishReply(_cluster.Shard(default).Log, [new PublishResult(RejectionCode.Overloaded)]));
        using var batcher = Batcher();

        var outcome = await _time.UntilAsync(Add(batcher).Outcome, Second);

        Assert.Equal(RejectionCode.Overloaded, outcome.Rejection);
        Assert.True(outcome.Error!.IsTransient);
    }

    [Fact]
    public async Task An_unreachable_silo_is_an_outcome_when_the_time_is_up()
    {
        _cluster.IsDown = true;
        using var batcher = Batcher();
        var start = _time.GetTimestamp();

        var outcome = await _time.UntilAsync(Add(batcher).Outcome, Second);

        Assert.Equal(DChatErrorCodes.SiloUnavailable, outcome.Error!.Code);
        Assert.True(outcome.Error.IsTransient);
        Assert.Equal(RejectionCode.None, outcome.Rejection);
        Assert.True(_time.GetElapsedTime(start) >= _options.RetryTimeout);
    }

    [Fact]
    public async Task Without_a_retry_timeout_there_is_one_attempt()
    {
        _cluster.IsDown = true;
        _options.RetryTimeout = TimeSpan.Zero;
        using var batcher = Batcher();

        Assert.False((await Add(batcher).Outcome).IsAccepted);
        Assert.Single(_cluster.Published);
    }

    [Fact]
    public async Task A_fault_that_will_not_pass_is_the_outcome_of_every_message_of_the_call()
    {
        _cluster.BeforePublish = _ => throw new DChatException("batch-malformed", "No.");
        using var batcher = Batcher();

        Assert.Equal("batch-malformed", (await Add(batcher).Outcome).Error!.Code);
        Assert.Single(_cluster.Published);
    }

    [Fact]
    public async Task Closing_fails_what_is_under_way_what_waits_and_what_comes_after()
    {
        HoldCalls();
        using var batcher = Batcher();
        List<PendingMessage> messages = [Add(batcher), Add(batcher)];

        await _closing.CancelAsync();
        batcher.Dispose();
        messages.Add(Add(batcher));

        Assert.All(
            await Task.WhenAll(messages.Select(message => message.Outcome)),
            outcome => Assert.Equal(DChatErrorCodes.ClientClosed, outcome.Error!.Code));
        Assert.Equal(messages.Count, _completed);
    }

    private PublishBatcher Batcher() => new(_cluster, new ShardId(0), _options, _time, _closing.Token);

    private PendingMessage Add(PublishBatcher batcher, int length = 1)
    {
        var envelope = new byte[length];
        envelope[0] = ++_last;
        envelope[^1] = _last;
        var message = new PendingMessage(
            envelope, MessageId.Compute(envelope), _time.GetTimestamp(), default, () => Interlocked.Increment(ref _completed));
        batcher.Add(message);
        return message;
    }

    private TaskCompletionSource HoldCalls()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _cluster.BeforePublish = async _ =>
        {
            await gate.Task;
            return null;
        };
        return gate;
    }

    private static DChatException Unavailable() => new(DChatErrorCodes.SiloUnavailable, "Lost.", isTransient: true);
}

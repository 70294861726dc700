using System.Text;
using DChat.Abstractions.Messages;
using DChat.Client.Devices;
using DChat.Client.Tests.Fakes;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Sealing;
using DChat.Core.Shards;
using DChat.Core.Topics;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Client.Tests;

public sealed partial class DChatClientTests : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = FakeTime.Create();
    private readonly FakeCluster _cluster = new() { ShardBits = 2 };
    private readonly InMemoryDeviceStore _store = new();
    private readonly TestClient _owned;
    private readonly Topic _topic = Topic.CreatePrivate(FakeCluster.Network, "team");
    private ulong _forgedSequence;

    public DChatClientTests() => _owned = new TestClient(_cluster, _store, _time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IDChatClient Client => _owned.Api;

    private FakeShard Shard => _cluster.ShardOf(_topic);

    public async ValueTask DisposeAsync()
    {
        await _owned.DisposeAsync();
        _store.Dispose();
    }

    [Fact]
    public async Task What_is_published_is_received_with_everything_the_sender_said()
    {
        var composedAt = _time.GetUtcNow().AddMinutes(-5);
        var start = await Client.GetHeadAsync(_topic, Token);
        var receipt = await Client.PublishAsync(
            _topic, "hello", new PublishOptions { ComposedAt = composedAt, Retention = RetentionClass.OneDay }, Token);

        var message = Assert.Single(await ReceiveAsync(StartPosition.After(start), 1));

        Assert.Equal("hello", message.GetText());
        Assert.Equal(receipt.MessageId, message.MessageId);
        Assert.Equal(receipt.Position, message.Position);
        Assert.Equal(receipt.TopicSequence, message.TopicSequence);
        Assert.Equal(Client.Device, message.Device);
        Assert.Equal(composedAt, message.ComposedAt);
        Assert.Equal(RetentionClass.OneDay, message.Retention);
        Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds(), message.Hlc.UnixMilliseconds);
        Assert.Equal(1UL, message.AuthorSequence);
        Assert.Equal(ReplayVerdict.Fresh, message.Verdict);
        Assert.Same(_topic, message.Topic);
    }

    [Fact]
    public async Task History_and_live_messages_join_without_a_gap()
    {
        for (var i = 0; i < 300; i++)
        {
            await PublishAsync($"old {i}");
        }

        List<string> received = [];
        await foreach (var message in Client.SubscribeAsync(_topic, new SubscribeOptions { Start = StartPosition.Beginning }, Token))
        {
            received.Add(message.GetText());
            if (received.Count == 100)
            {
                await PublishAsync("new");
            }

            if (received[^1] == "new")
            {
                break;
            }
        }

        Assert.Equal([.. Enumerable.Range(0, 300).Select(i => $"old {i}"), "new"], received);
    }

    [Fact]
    public async Task A_subscriber_that_falls_behind_reads_from_the_log_and_comes_back()
    {
        var options = new DChatClientOptions { SubscriberBufferBytes = 256 * 1024 };
        await using var slow = new TestClient(_cluster, _store, _time, options);
        var content = new byte[20_000];
        List<ulong> received = [];
        var start = await slow.Api.GetHeadAsync(_topic, Token);
        await foreach (var message in slow.Api.SubscribeAsync(_topic, new SubscribeOptions { Start = StartPosition.After(start) }, Token)
            .WithFirstBefore(() => PublishAsync("first"), Token))
        {
            received.Add(message.Position.Sequence);
            if (received.Count == 61)
            {
                break;
            }

            // More than the buffer holds, while the subscriber does not look.
            for (var i = 0; received.Count == 1 && i < 60; i++)
            {
                await Client.PublishAsync(_topic, content, options: null, Token);
            }
        }

        Assert.Equal(Enumerable.Range(1, 61).Select(s => (ulong)s), received);
        Assert.True(_cluster.Reads > 0);
    }

    [Fact]
    public async Task Messages_of_other_topics_and_those_that_do_not_open_are_left_out()
    {
        using var meter = new CountingMeter("dchat.client.skipped");
        var sameShard = Enumerable.Range(0, 1_000).Select(i => Topic.Public(FakeCluster.Network, $"other {i}"))
            .First(topic => topic.Tag.ShardOf(2) == _topic.Tag.ShardOf(2));
        await Client.PublishAsync(sameShard, "not for us", cancellationToken: Token);
        var damaged = Forge("damaged");
        damaged[^1] ^= 1;
        Shard.Append(damaged);
        await PublishAsync("for us");

        Assert.Equal(["for us"], (await ReceiveAsync(StartPosition.Beginning, 1)).Select(message => message.GetText()));
        Assert.Equal(1, meter.Of("reason", "bad-signature"));
    }

    [Fact]
    public async Task Two_messages_under_one_sequence_are_delivered_with_the_proof()
    {
        var first = Forge("yes", sequence: 7);
        var second = Forge("no", sequence: 7);
        Shard.Append(first, second);

        var messages = await ReceiveAsync(StartPosition.Beginning, 2);

        Assert.Equal([ReplayVerdict.Fresh, ReplayVerdict.Equivocation], messages.Select(message => message.Verdict));
        Assert.Null(messages[0].Equivocation);
        Assert.Equal(MessageId.Compute(first), messages[1].Equivocation!.First);
        Assert.Equal(MessageId.Compute(second), messages[1].Equivocation!.Second);
    }

    [Fact]
    public async Task Received_timestamps_move_the_clock_by_seconds_and_no_more()
    {
        var ahead = HybridTimestamp.Create(_time.GetUtcNow().AddSeconds(5).ToUnixTimeMilliseconds(), 5);
        Shard.Append(Forge("from a clock ahead", hlc: ahead));
        await ReceiveAsync(StartPosition.Beginning, 1);

        await PublishAsync("after");

        Assert.True((await ReceiveAsync(StartPosition.Beginning, 2))[1].Hlc > ahead);

        var far = HybridTimestamp.Create(_time.GetUtcNow().AddSeconds(60).ToUnixTimeMilliseconds(), 5);
        Shard.Append(Forge("from a clock far ahead", sequence: 100, hlc: far));
        Assert.Equal(far, (await ReceiveAsync(StartPosition.Beginning, 3))[2].Hlc);
        await PublishAsync("later");
        Assert.True((await ReceiveAsync(StartPosition.Beginning, 4))[3].Hlc < far);
    }

    [Fact]
    public async Task A_cursor_of_another_log_ends_the_subscription_with_a_gap()
    {
        var cursor = (await Client.PublishAsync(_topic, "gone", cancellationToken: Token)).Position;
        Shard.Replace();

        var error = await Assert.ThrowsAsync<DChatException>(() => ReceiveAsync(StartPosition.After(cursor), 1));

        Assert.Equal(DChatErrorCodes.CursorGap, error.Code);
    }

    [Fact]
    public async Task A_topic_of_another_network_is_refused()
    {
        var stranger = Topic.Public("other-net", "lobby");

        Assert.Equal(
            DChatErrorCodes.WrongNetwork,
            (await Assert.ThrowsAsync<DChatException>(() => Client.PublishAsync(stranger, "x", cancellationToken: Token))).Code);
        Assert.Empty(_cluster.Published);
    }

    [Fact]
    public async Task Content_is_taken_up_to_its_limit_and_refused_beyond_without_using_a_sequence()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Client.PublishAsync(_topic, new byte[EnvelopeSealer.MaxContentLength + 1], options: null, Token));
        await Client.PublishAsync(_topic, new byte[EnvelopeSealer.MaxContentLength], options: null, Token);

        Assert.Equal(1UL, Assert.Single(await ReceiveAsync(StartPosition.Beginning, 1)).AuthorSequence);
    }

    [Fact]
    public async Task Reads_go_on_trying_for_as_long_as_the_options_say()
    {
        await Client.DescribeNetworkAsync(Token);
        _cluster.IsDown = true;
        var start = _time.GetTimestamp();

        var error = await Assert.ThrowsAsync<DChatException>(
            () => _time.UntilAsync(Client.FetchAsync(_topic, cancellationToken: Token), TimeSpan.FromSeconds(1)));

        Assert.Equal(DChatErrorCodes.SiloUnavailable, error.Code);
        Assert.True(error.IsTransient);
        Assert.InRange(_time.GetElapsedTime(start), new DChatClientOptions().RetryTimeout, TimeSpan.FromSeconds(40));
    }

    [Fact]
    public async Task A_subscription_waits_for_a_silo_without_limit()
    {
        _cluster.IsDown = true;
        var receiving = ReceiveAsync(StartPosition.Beginning, 1);
        for (var i = 0; i < 60; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        Assert.False(receiving.IsCompleted);
        Shard.Append(Forge("at last"));
        _cluster.IsDown = false;

        Assert.Equal("at last", Assert.Single(await _time.UntilAsync(receiving, Step)).GetText());
    }

    [Fact]
    public async Task A_rejection_is_a_value_or_an_exception_with_its_code()
    {
        _cluster.BeforePublish = _ => Task.FromResult<PublishReply?>(
            new PublishReply(Shard.Log, [new PublishResult(RejectionCode.BelowFloor)]));

        Assert.Equal(RejectionCode.BelowFloor, (await Client.TryPublishAsync(_topic, "late", cancellationToken: Token)).Rejection);
        var error = await Assert.ThrowsAsync<DChatException>(() => Client.PublishAsync(_topic, "late", cancellationToken: Token));
        Assert.Equal("below-floor", error.Code);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public async Task Publishing_waits_while_too_much_is_pending()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _cluster.BeforePublish = async _ =>
        {
            await gate.Task;
            return null;
        };
        var options = new DChatClientOptions { MaxPendingBytes = 64 * 1024 };
        await using var client = new TestClient(_cluster, _store, _time, options);

        var sending = Enumerable.Range(0, 100).Select(_ => client.Api.PublishAsync(_topic, "", cancellationToken: Token)).ToArray();
        await FakeTime.UntilAsync(() => _cluster.Published.Count > 0);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(_cluster.Published.Sum(request => request.Envelopes.Count), 1, 64);
        gate.SetResult();

        Assert.Equal(100, (await _time.UntilAsync(Task.WhenAll(sending), Step)).Select(receipt => receipt.MessageId).Distinct().Count());
    }

    [Fact]
    public async Task A_message_refused_as_ahead_is_sent_again_until_the_relays_clock_has_come_up()
    {
        var refusals = 0;
        _cluster.BeforePublish = request => Task.FromResult(refusals++ < 5
            ? new PublishReply(Shard.Log, [new PublishResult(RejectionCode.TimestampAhead)])
            : null);

        var receipt = await _time.UntilAsync(PublishAsync("early"), Step);

        Assert.Equal(1UL, receipt.Position.Sequence);
        Assert.Equal(6, _cluster.Published.Count);
    }

    [Fact]
    public async Task A_message_that_stays_ahead_fails_when_the_time_to_retry_is_over()
    {
        _cluster.BeforePublish = _ => Task.FromResult<PublishReply?>(
            new PublishReply(Shard.Log, [new PublishResult(RejectionCode.TimestampAhead)]));
        var start = _time.GetTimestamp();

        var outcome = await _time.UntilAsync(Client.TryPublishAsync(_topic, "early", cancellationToken: Token), Step);

        Assert.Equal(RejectionCode.TimestampAhead, outcome.Rejection);
        Assert.InRange(_time.GetElapsedTime(start), new DChatClientOptions().RetryTimeout, TimeSpan.FromSeconds(40));
    }

    [Fact]
    public async Task Envelopes_of_a_topic_come_unopened_and_without_those_of_others()
    {
        var sameShard = Enumerable.Range(0, 1_000).Select(i => Topic.Public(FakeCluster.Network, $"other {i}"))
            .First(topic => topic.Tag.ShardOf(2) == _topic.Tag.ShardOf(2));
        var start = await Client.GetHeadAsync(_topic, Token);
        await Client.PublishAsync(sameShard, "not for us", cancellationToken: Token);
        var receipt = await Client.PublishAsync(_topic, "for us", cancellationToken: Token);

        await foreach (var range in Client.SubscribeTopicEnvelopesAsync(
            _topic.Tag, new SubscribeOptions { Start = StartPosition.After(start) }, Token))
        {
            Assert.Equal(receipt.Position, new LogPosition(range.Log, range.SequenceAt(0)));
            Assert.Equal(receipt.MessageId, MessageId.Compute(Assert.Single(range.Envelopes.Envelopes).Span));
            break;
        }
    }

    [Fact]
    public async Task Envelopes_of_a_shard_come_packed_as_they_were_sent()
    {
        var shard = _topic.Tag.ShardOf(2);
        await PublishAsync("old");
        await foreach (var range in Client.SubscribeEnvelopesAsync(shard, options: null, Token)
            .WithFirstBefore(() => PublishAsync("new"), Token))
        {
            Assert.Equal(2UL, range.SequenceAt(0));
            Assert.Equal(1, range.Envelopes.Count);
            Assert.Equal(Shard.Head, range.Cursor);
            break;
        }
    }

    private Task<PublishReceipt> PublishAsync(string text) => Client.PublishAsync(_topic, text, cancellationToken: Token);

    private async Task<List<ReceivedMessage>> ReceiveAsync(StartPosition start, int count)
    {
        List<ReceivedMessage> messages = [];
        await foreach (var message in Client.SubscribeAsync(_topic, new SubscribeOptions { Start = start }, Token))
        {
            messages.Add(message);
            if (messages.Count == count)
            {
                break;
            }
        }

        return messages;
    }

    private byte[] Forge(string text, ulong? sequence = null, HybridTimestamp? hlc = null)
    {
        using var device = DeviceSecret.FromSeed(new byte[DeviceSecret.SeedLength]);
        using var sealer = new EnvelopeSealer(device, _topic);
        return sealer.Seal(
            sequence ?? ++_forgedSequence,
            hlc ?? HybridTimestamp.Create(_time.GetUtcNow().ToUnixTimeMilliseconds(), 0),
            RetentionClass.OneDay,
            _time.GetUtcNow(),
            Encoding.UTF8.GetBytes(text));
    }
}

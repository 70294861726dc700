using System.IO.Pipelines;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Relays;
using DChat.Core.Shards;
using DChat.Core.Statements;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Gateway.Push;
using DChat.Libp2p;
using DChat.Libp2p.Wire;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Gateway.Tests.Push;

public sealed class PushReplyTests : IDisposable
{
    private static readonly NetworkOptions Network = new() { Network = "dchat-test" };

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddHours(500_000));
    private readonly GatewayIdentity _identity = new(new RelayId(new Bytes32(new byte[32])), new byte[32], () => throw new NotSupportedException());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _identity.Dispose();

    [Fact]
    public async Task Outcomes_of_one_shard_share_an_acceptance_up_to_a_batch()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var replies = new PushReplies(pipe.Writer, _identity, Network, _time);
        var outcomes = Enumerable.Range(0, EnvelopeBatch.MaxCount + 1).Select(i => Accepted(i, shard: 1)).Append(Accepted(1000, shard: 2));

        await replies.SendAsync([.. outcomes, PushOutcome.Rejected(2000, 1, new PublishResult(RejectionCode.Stale, TimeSpan.FromMilliseconds(1.5)))], Token);
        await pipe.Writer.CompleteAsync();

        List<PushReply> sent = [];
        while (await LengthPrefixed.ReadAsync(pipe.Reader, 1 << 20, Token) is { } frame)
        {
            sent.Add(PushReply.Parser.ParseFrom(frame));
        }

        Assert.Equal([0, EnvelopeBatch.MaxCount, 1, 1], sent.Select(reply => reply.Accepted.Count));
        Assert.Equal((2000ul, "stale", false), sent[0].Rejected.Select(each => (each.Number, each.Code, each.IsTransient)).Single());
        Assert.Equal(2u, sent[0].Rejected[0].RetryAfterMs);
        Assert.Null(sent[0].Acceptance);
        var acceptances = sent.Skip(1).Select(reply => Verified(reply.Acceptance)).ToArray();
        Assert.Equal([1, 1, 2], acceptances.Select(each => (int)each.Shard.Value));
        Assert.All(acceptances, each => Assert.Equal(500_002ul, each.IncludeByEpoch));
    }

    [Fact]
    public async Task A_reply_that_is_not_taken_within_thirty_seconds_is_a_fault()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var replies = new PushReplies(pipe.Writer, _identity, Network, _time);

        var sending = replies.SendAsync([Accepted(0, shard: 1)], Token).AsTask();
        _time.Advance(PushLimits.ReplyTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(sending.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(Libp2pErrorCodes.TimedOut, (await Assert.ThrowsAsync<Libp2pException>(() => sending)).Code);
    }

    private static GatewayAcceptance Verified(SignedStatement acceptance)
    {
        Assert.Equal(StatementFault.None, Signed<GatewayAcceptance>.TryVerify(acceptance, Network.Network, out var signed));
        return signed!.Statement;
    }

    private static PushOutcome Accepted(int number, ushort shard) => new(
        (ulong)number, 100, new ShardId(shard), new LogId(Guid.Empty), MessageId.Compute(BitConverter.GetBytes(number)), new((ulong)number + 1, 1, isDuplicate: false));
}

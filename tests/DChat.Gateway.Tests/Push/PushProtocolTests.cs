using DChat.Core.Relays;
using DChat.Core.Shards;
using DChat.Core.Statements;
using DChat.Core.Wire;
using DChat.Gateway.Push;
using DChat.Libp2p.Host;
using DChat.Testing.Gateways;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Gateway.Tests.Push;

public sealed class PushProtocolTests(RunningGateway running) : IClassFixture<RunningGateway>, IDisposable
{
    private GatewayCluster _gateways = running.Cluster;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private PushProtocol Push => _gateways.Services().GetRequiredService<PushProtocol>();

    public void Dispose() => running.RepairStorage();

    [Fact]
    public async Task The_welcome_names_network_and_shards_and_shows_the_relays_delegation()
    {
        await using var peer = await _gateways.PushAsync(0, Token);

        Assert.Equal("dchat-test", peer.Welcome.Network);
        Assert.Equal(4u, peer.Welcome.ShardBits);
        Assert.Equal(StatementFault.None, Signed<GatewayDelegation>.TryVerify(peer.Welcome.Delegation, "dchat-test", out var signed));
        var delegation = signed!.Statement;
        Assert.Equal(GatewayCluster.RelayId, delegation.Relay);
        Assert.Equal(peer.Stream.Connection.RemoteKey.Data.ToArray(), delegation.Gateway.ToArray());
    }

    [Fact]
    public async Task Identify_names_the_relay_that_the_gateway_speaks_for()
    {
        var (host, connection) = await _gateways.ConnectAsync(0, Token);
        while (host.Peers.Find(connection.RemotePeer)?.AgentVersion is not { } agent || agent != $"dchat-orleans/test relay/{GatewayCluster.RelayId} {new Libp2pOptions().AgentVersion}")
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task An_acceptance_comes_only_when_the_messages_are_durable()
    {
        await using var own = _gateways = await GatewayCluster.StartAsync();
        var commit = new TaskCompletionSource<AppendOutcome>();
        _gateways.Cluster.Log.BeforeCommit = (_, _) => commit.Task;
        await using var peer = await _gateways.PushAsync(0, Token);
        var author = Author.OfShard(1);
        await peer.SendAsync(author.Seal(3).Envelopes, Token);

        var reply = peer.ReadAsync(Token);
        await WhenHeldAsync(bytes => bytes > 0);
        Assert.False(reply.IsCompleted);
        commit.SetResult(AppendOutcome.Durable);

        var accepted = (await reply)!;
        Assert.Equal([0ul, 1, 2], accepted.Accepted.Select(each => each.Number));
        Assert.Equal([1ul, 2, 3], accepted.Accepted.Select(each => each.Sequence));
        Assert.Equal([1ul, 2, 3], accepted.Accepted.Select(each => each.TopicSequence));
        Assert.NotNull(accepted.Acceptance);
        await WhenHeldAsync(bytes => bytes == 0);
    }

    [Fact]
    public async Task Every_message_of_a_long_push_is_answered_once_and_its_acceptance_holds()
    {
        await using var peer = await _gateways.PushAsync(0, Token);
        Author[] authors = [.. Enumerable.Range(0, 40).Select(i => Author.OfShard(i % 4, i))];
        ReadOnlyMemory<byte>[] envelopes = [.. Enumerable.Range(0, 2_000).Select(i => (ReadOnlyMemory<byte>)authors[i % 40].SealOne("hi"u8))];

        var answers = await peer.PushAsync(envelopes, perRequest: 7, Token);

        Assert.Empty(answers.Rejected);
        Assert.Equal(Enumerable.Range(0, 2_000), answers.Accepted.Keys);
        Assert.All(answers.Accepted.Values, accepted => Assert.False(accepted.IsDuplicate));
        Assert.Equal(2_000, answers.Acceptances.Sum(signed => Acceptance.Parser.ParseFrom(signed.Statement).Count));
    }

    [Fact]
    public async Task What_a_request_brings_to_one_shard_is_answered_under_one_signature()
    {
        await using var peer = await _gateways.PushAsync(0, Token);

        for (var request = 0; request < 30; request++)
        {
            await peer.SendAsync(Author.OfShard(8, request).Seal(200).Envelopes, Token);

            Assert.Equal(200, (await peer.ReadAsync(Token))!.Accepted.Count);
        }
    }

    [Fact]
    public async Task A_message_pushed_again_is_a_duplicate_at_its_first_place()
    {
        await using var peer = await _gateways.PushAsync(0, Token);
        ReadOnlyMemory<byte>[] envelopes = [.. Author.OfShard(2).Seal(5).Envelopes];
        var first = await peer.PushAsync(envelopes, perRequest: 5, Token);

        var second = await peer.PushAsync(envelopes, perRequest: 2, Token);

        Assert.Equal(first.Accepted.Values.Select(each => each.Sequence), second.Accepted.Values.Select(each => each.Sequence));
        Assert.All(second.Accepted.Values, each => Assert.True(each.IsDuplicate));
    }

    [Fact]
    public async Task What_is_rejected_says_why_and_keeps_nothing_else_back()
    {
        await using var peer = await _gateways.PushAsync(0, Token);
        var author = Author.OfShard(3);
        var forged = author.SealOne("forged"u8);
        forged[^1] ^= 1;

        var answers = await peer.PushAsync([author.SealOne("a"u8), forged, new byte[] { 1, 2, 3 }, author.SealOne("b"u8)], perRequest: 4, Token);

        Assert.Equal([0, 3], answers.Accepted.Keys);
        Assert.Equal(
            [(1, "bad-signature", false), (2, "non-canonical", false)],
            answers.Rejected.Select(each => (each.Key, each.Value.Code, each.Value.IsTransient)));
    }

    [Fact]
    public async Task An_author_over_its_quota_is_told_to_come_again()
    {
        await using var peer = await _gateways.PushAsync(0, Token);

        var answers = await peer.PushAsync([.. Author.OfShard(4).Seal(400).Envelopes], perRequest: 100, Token);

        Assert.InRange(answers.Accepted.Count, 256, 399);
        Assert.All(answers.Rejected.Values, each => Assert.Equal(("over-quota", true), (each.Code, each.IsTransient)));
    }

    [Fact]
    public async Task A_storage_that_fails_is_a_passing_fault_of_the_messages_and_the_stream_goes_on()
    {
        _gateways.Cluster.Log.BeforeCommit = (_, _) => Task.FromResult(AppendOutcome.Failed);
        await using var peer = await _gateways.PushAsync(0, Token);
        ReadOnlyMemory<byte>[] envelopes = [.. Author.OfShard(5).Seal(3).Envelopes];

        var failed = await peer.PushAsync(envelopes, perRequest: 3, Token);
        _gateways.Cluster.Log.BeforeCommit = (_, _) => Task.FromResult(AppendOutcome.Durable);
        var kept = await peer.PushAsync(envelopes, perRequest: 3, Token);

        Assert.Empty(failed.Accepted);
        Assert.All(failed.Rejected.Values, each => Assert.Equal(("storage-failed", true), (each.Code, each.IsTransient)));
        Assert.Equal(3, kept.Accepted.Count);
        Assert.All(kept.Accepted.Values, each => Assert.False(each.IsDuplicate));
    }

    [Fact]
    public async Task The_gateway_ends_its_half_when_everything_is_answered()
    {
        await using var peer = await _gateways.PushAsync(0, Token);
        await peer.SendAsync(Author.OfShard(6).Seal(2).Envelopes, Token);

        await peer.Stream.CloseWriteAsync(Token);

        Assert.Equal(2, (await peer.ReadAsync(Token))!.Accepted.Count);
        Assert.Null(await peer.ReadAsync(Token));
    }

    [Fact]
    public async Task A_gateway_that_stops_answers_what_it_has_read()
    {
        await using var own = _gateways = await GatewayCluster.StartAsync();
        var reachedTheLog = new TaskCompletionSource();
        var commit = new TaskCompletionSource<AppendOutcome>();
        _gateways.Cluster.Log.BeforeCommit = (_, _) =>
        {
            reachedTheLog.TrySetResult();
            return commit.Task;
        };
        await using var peer = await _gateways.PushAsync(0, Token);
        await peer.SendAsync(Author.OfShard(7).Seal(4).Envelopes, Token);

        // Held bytes would not do: a request is held from its length on, and one that is cut off by the stop is not answered.
        await reachedTheLog.Task.WaitAsync(Token);

        var stopping = _gateways.Gateway().DrainAsync(Token);
        commit.SetResult(AppendOutcome.Durable);

        Assert.Equal(4, (await peer.ReadAsync(Token))!.Accepted.Count);
        Assert.Null(await peer.ReadAsync(Token));
        await stopping;
        Assert.Empty(_gateways.Gateway().Addresses);
    }

    private async Task WhenHeldAsync(Func<long, bool> holds)
    {
        // What a session reads shows nowhere else before it is answered.
        while (!holds(Push.UnansweredBytes))
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}

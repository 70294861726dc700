using System.Buffers;
using DChat.Abstractions.Grains;
using DChat.Core;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Gateway.Admission;
using DChat.Gateway.Push;
using DChat.Libp2p;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Wire;
using DChat.Testing.Gateways;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Gateway.Tests.Push;

/// <summary>What a hostile or careless peer gets at each limit of push, and that others do not feel it.</summary>
public sealed class PushLimitTests(RunningGateway running) : IClassFixture<RunningGateway>, IDisposable
{
    private readonly GatewayCluster _gateways = running.Cluster;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private PushProtocol Push => _gateways.Services().GetRequiredService<PushProtocol>();

    public void Dispose() => running.RepairStorage();

    [Fact]
    public async Task A_request_may_hold_256_envelopes_and_no_more()
    {
        await using var peer = await _gateways.PushAsync(0, Token);
        ReadOnlyMemory<byte>[] envelopes = [.. Author.OfShard(0).Seal(EnvelopeBatch.MaxCount).Envelopes];

        Assert.Equal(EnvelopeBatch.MaxCount, (await peer.PushAsync(envelopes, EnvelopeBatch.MaxCount, Token)).Count);

        await peer.SendAsync([.. envelopes, envelopes[0]], Token);
        await AssertResetAsync(peer);
    }

    [Fact]
    public async Task A_request_may_hold_256_KiB_of_envelopes_and_no_more()
    {
        await using var peer = await _gateways.PushAsync(0, Token);
        var garbage = Enumerable.Repeat((ReadOnlyMemory<byte>)new byte[1024], EnvelopeBatch.MaxCount).ToArray();

        var answers = await peer.PushAsync(garbage, EnvelopeBatch.MaxCount, Token);
        Assert.Equal(EnvelopeBatch.MaxCount, answers.Rejected.Count);

        garbage[0] = new byte[1025];
        await peer.SendAsync(garbage, Token);
        await AssertResetAsync(peer);
    }

    [Theory]
    [InlineData(PushLimits.MaxRequestBytes, false)]
    [InlineData(PushLimits.MaxRequestBytes + 1, true)]
    public async Task A_frame_beyond_the_longest_request_is_not_even_read(int length, bool isReset)
    {
        await using var peer = await _gateways.PushAsync(0, Token);
        var prefix = new byte[Uvarint.MaxLength];
        peer.Stream.Output.Write(prefix.AsSpan(0, Uvarint.Write(prefix, (ulong)length)));
        await peer.Stream.Output.FlushAsync(Token);

        var answer = peer.ReadAsync(Token);
        if (isReset)
        {
            await Assert.ThrowsAsync<Libp2pException>(() => answer);
        }
        else
        {
            // The gateway waits for the rest; ending there is a broken frame.
            await peer.Stream.CloseWriteAsync(Token);
            await Assert.ThrowsAsync<Libp2pException>(() => answer);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("0a")]
    [InlineData("ffffffff")]
    public async Task A_request_of_nothing_or_of_garbage_resets_the_stream(string hex)
    {
        await using var peer = await _gateways.PushAsync(0, Token);

        LengthPrefixed.Write(peer.Stream.Output, Convert.FromHexString(hex));
        await peer.Stream.Output.FlushAsync(Token);

        await AssertResetAsync(peer);
        await AssertOthersAreServedAsync();
    }

    [Fact]
    public async Task While_the_disk_stands_the_gateway_reads_no_further_than_its_limit()
    {
        var commit = new TaskCompletionSource<AppendOutcome>();
        _gateways.Cluster.Log.BeforeCommit = (_, _) => commit.Task;
        await using var peer = await _gateways.PushAsync(0, Token);
        var authors = Enumerable.Range(0, 256).Select(i => Author.OfShard(1, i)).ToArray();
        ReadOnlyMemory<byte>[] envelopes = [.. authors.SelectMany(author => author.Seal(24, contentLength: 700).Envelopes)];

        var pushing = peer.PushAsync(envelopes, perRequest: 64, Token);
        await WhenHeldAsync(bytes => bytes > PushLimits.MaxUnansweredBytes / 2);
        var most = Push.UnansweredBytes;
        for (var i = 0; i < 100; i++)
        {
            await Task.Yield();
            most = Math.Max(most, Push.UnansweredBytes);
        }

        Assert.InRange(most, 1, PushLimits.MaxUnansweredBytes);
        Assert.False(pushing.IsCompleted);
        commit.SetResult(AppendOutcome.Durable);
        _gateways.Cluster.Log.BeforeCommit = (_, _) => Task.FromResult(AppendOutcome.Durable);
        Assert.Equal(envelopes.Length, (await pushing).Count);
        await WhenHeldAsync(bytes => bytes == 0);
    }

    [Fact]
    public async Task Room_for_a_request_is_taken_when_its_length_is_known_and_given_back_when_it_does_not_come()
    {
        const int Length = 200_000;
        await using var peer = await _gateways.PushAsync(0, Token);
        var prefix = new byte[Uvarint.MaxLength];
        peer.Stream.Output.Write(prefix.AsSpan(0, Uvarint.Write(prefix, Length)));
        await peer.Stream.Output.FlushAsync(Token);

        await WhenHeldAsync(bytes => bytes == Length);
        peer.Stream.Reset();

        await WhenHeldAsync(bytes => bytes == 0);
    }

    [Fact]
    public async Task A_peer_that_pushes_forgeries_is_closed_at_one_too_many_and_taken_on_no_more()
    {
        var (host, connection) = await _gateways.ConnectAsync(0, Token);
        await using var peer = await PushPeer.OpenAsync(host, connection, TimeProvider.System, Token);
        var forged = Author.OfShard(5).SealOne([]);
        forged[^1] ^= 1;
        ReadOnlyMemory<byte>[] passing = [.. Enumerable.Repeat((ReadOnlyMemory<byte>)forged, ForgeryWatch.MaxForgeries)];

        Assert.Equal(ForgeryWatch.MaxForgeries, (await peer.PushAsync(passing, 8, Token)).Rejected.Count);
        Assert.False(peer.Stream.Connection.Closed.IsCompleted);
        await peer.SendAsync([forged], Token);

        await peer.Stream.Connection.Closed.WaitAsync(Token);

        // The handshake may end before the gateway says no: then the new connection is closed.
        var again = await Record.ExceptionAsync(async () =>
        {
            var second = await host.ConnectAsync(_gateways.Gateway(0).Addresses[0], Token);
            await second.Closed.WaitAsync(Token);
        });
        Assert.True(again is null or Libp2pException, again?.ToString());
        Assert.Empty(host.ConnectionsTo(connection.RemotePeer));
        await AssertOthersAreServedAsync();
    }

    [Fact]
    public async Task A_peer_whose_network_has_nothing_left_is_read_no_further_for_a_moment()
    {
        const int Burst = QuotaOptions.MinBurst;
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var own = await GatewayCluster.StartAsync(
            configure: silo => silo.Services.Configure<AdmissionOptions>(
                options => (options.Network.Burst, options.Network.TokensPerSecond) = (Burst, Burst)),
            time: time);
        await using var peer = await own.PushAsync(0, Token);
        ReadOnlyMemory<byte>[] envelopes = [.. Author.OfShard(4).Seal(Burst + 1).Envelopes];
        Assert.Equal(Burst, (await peer.PushAsync(envelopes, envelopes.Length, Token)).Accepted.Count);

        await peer.SendAsync([envelopes[Burst]], Token);
        var answer = peer.ReadAsync(Token);
        await using (var other = await own.PushAsync(0, Token))
        {
            Assert.False(answer.IsCompleted);
        }

        while (!answer.IsCompleted)
        {
            Token.ThrowIfCancellationRequested();
            time.Advance(PushLimits.PauseWhenSpent);
            await Task.Yield();
        }

        Assert.Single((await answer)!.Accepted);
    }

    [Fact]
    public async Task A_peer_may_have_four_push_streams_and_no_fifth()
    {
        var (host, connection) = await _gateways.ConnectAsync(0, Token);
        List<PushPeer> open = [];
        for (var i = 0; i < PushLimits.Streams.MaxInbound; i++)
        {
            open.Add(await PushPeer.OpenAsync(host, connection, TimeProvider.System, Token));
        }

        await Assert.ThrowsAnyAsync<Exception>(() => PushPeer.OpenAsync(host, connection, TimeProvider.System, Token));

        await AssertOthersAreServedAsync();
        Assert.Equal(PushLimits.Streams.MaxInbound, open.Count);
    }

    [Fact]
    public async Task A_peer_that_resets_its_stream_gets_no_more_room_before_the_disk_has_answered()
    {
        var commit = new TaskCompletionSource<AppendOutcome>();
        _gateways.Cluster.Log.BeforeCommit = (_, _) => commit.Task;
        await using var peer = await _gateways.PushAsync(0, Token);
        var envelopes = Author.OfShard(2).Seal(10);
        var held = envelopes.Bytes.Length;
        await peer.SendAsync(envelopes.Envelopes, Token);
        await WhenHeldAsync(bytes => bytes == held);

        peer.Stream.Reset();
        await AssertOthersAreWelcomeAsync();

        Assert.Equal(held, Push.UnansweredBytes);
        commit.SetResult(AppendOutcome.Durable);
        await WhenHeldAsync(bytes => bytes == 0);
    }

    [Fact]
    public async Task A_fault_of_the_shard_ends_the_stream_instead_of_leaving_the_peer_without_an_answer()
    {
        await using var faulty = await GatewayCluster.StartAsync(configure: silo => silo.AddIncomingGrainCallFilter(call =>
            call.MethodName == nameof(ISyncShardGrain.AppendAsync) ? throw new DChatException("batch-malformed", "a fault") : call.Invoke()));
        await using var peer = await faulty.PushAsync(0, Token);

        await peer.SendAsync(Author.OfShard(3).Seal(2).Envelopes, Token);

        await AssertResetAsync(peer);
    }

    private static async Task AssertResetAsync(PushPeer peer)
    {
        var fault = await Assert.ThrowsAsync<Libp2pException>(async () =>
        {
            while (await peer.ReadAsync(Token) is not null)
            {
                // What was under way before may still be answered.
            }
        });
        Assert.Equal(Libp2pErrorCodes.StreamReset, fault.Code);
    }

    private async Task AssertOthersAreServedAsync()
    {
        await using var other = await _gateways.PushAsync(0, Token);
        Assert.Equal(3, (await other.PushAsync([.. Author.OfShard(9).Seal(3).Envelopes], 3, Token)).Accepted.Count);
    }

    private async Task AssertOthersAreWelcomeAsync()
    {
        await using var other = await _gateways.PushAsync(0, Token);
        Assert.Equal("dchat-test", other.Welcome.Network);
    }

    private async Task WhenHeldAsync(Func<long, bool> holds)
    {
        while (!holds(Push.UnansweredBytes))
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}

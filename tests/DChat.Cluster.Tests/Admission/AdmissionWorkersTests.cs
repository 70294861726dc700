using System.Net;
using DChat.Abstractions.Messages;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Grains.Admission;
using DChat.Testing.Clusters;
using DChat.Testing.Messages;
using Microsoft.Extensions.Options;

namespace DChat.Cluster.Tests.Admission;

public sealed class AdmissionWorkersTests
{
    private const int Shard = 3;

    private static readonly AdmissionSource Flooder = From("flooder", "192.0.2.1");
    private static readonly AdmissionSource Honest = From("honest", "192.0.2.2");

    private readonly Author _author = Author.OfShard(Shard);
    private readonly AdmissionWorkers _door;
    private readonly StandingTime _time = new();

    public AdmissionWorkersTests()
    {
        var options = new AdmissionOptions();
        options.Author.Burst = options.Source.Burst = options.Network.Burst = options.Topic.Burst = QuotaOptions.MaxBurst;
        _door = new AdmissionWorkers(new AdmissionPipeline(TestCluster.Network, options, _time), Options.Create(TestCluster.Network), TimeProvider.System, maxWorkers: 1);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Verdicts_come_in_the_order_of_the_request_and_batches_by_shard()
    {
        var other = Author.OfShard(Shard + 1);
        byte[] forged = _author.SealOne([]);
        forged[^1] ^= 1;
        ReadOnlyMemory<byte>[] envelopes = [_author.SealOne([]), other.SealOne([]), forged, _author.SealOne([])];

        var verdicts = await _door.AdmitAsync(envelopes, shard: null, Honest, Token);

        var (place, result) = Assert.Single(verdicts.Refused);
        Assert.Equal((2, RejectionCode.BadSignature), (place, result.Rejection));
        Assert.Equal([(_author.Shard, "0 3"), (other.Shard, "1")], verdicts.Batches.Select(batch => (batch.Shard, string.Join(' ', batch.Places))));
        Assert.Equal(MessageId.Compute(envelopes[1].Span), verdicts.Batches[1].Results[0].MessageId);
    }

    [Fact]
    public async Task An_honest_network_is_served_before_the_rest_of_a_flood()
    {
        const int Floods = 8;
        ReadOnlyMemory<byte>[] flood = [.. _author.Seal(EnvelopeBatch.MaxCount).Envelopes];
        for (var i = 0; i < flood.Length; i++)
        {
            var forged = flood[i].ToArray();
            forged[^1] ^= 1;
            flood[i] = forged;
        }

        ReadOnlyMemory<byte>[] one = [_author.SealOne([])];
        _time.Stop();
        var floods = Enumerable.Range(0, Floods).Select(_ => _door.AdmitAsync(flood, shard: null, Flooder, Token)).ToArray();
        var asking = _door.AdmitAsync(one, shard: null, Honest, Token);
        _time.GoOn();
        var honest = await asking;

        Assert.Single(honest.Batches);
        Assert.False(floods[^1].IsCompleted);
        await Task.WhenAll(floods);
    }

    [Fact]
    public async Task What_waits_of_a_network_beyond_the_bound_is_overloaded_for_the_moment_and_others_are_served()
    {
        const int Length = 60 * 1024, Cost = 1 + (Length / 1024), Fit = AdmissionWorkers.MaxWaitingPerPrefix / Cost;
        ReadOnlyMemory<byte>[] none = [.. Enumerable.Repeat((ReadOnlyMemory<byte>)new byte[Length], AdmissionWorkers.AtOnce + 1)];
        _time.Stop();
        var floods = Enumerable.Range(0, 2 * Fit / none.Length).Select(_ => _door.AdmitAsync(none, null, Flooder, Token)).ToArray();
        var asking = _door.AdmitAsync([_author.SealOne([])], null, Honest, Token);
        _time.GoOn();
        var honest = await asking;

        Assert.Single(honest.Batches);
        var refused = (await Task.WhenAll(floods)).SelectMany(each => each.Refused).ToLookup(each => each.Result.Rejection);

        // The worker has taken a few before it stood.
        Assert.InRange(refused[RejectionCode.NonCanonical].Count(), Fit - AdmissionWorkers.AtOnce, Fit + AdmissionWorkers.AtOnce);
        Assert.All(refused[RejectionCode.Overloaded], each => Assert.Equal(AdmissionWorkers.OverloadedFor, each.Result.RetryAfter));
        Assert.NotEmpty(refused[RejectionCode.Overloaded]);
    }

    [Fact]
    public async Task A_message_that_the_shard_had_already_is_refunded()
    {
        var options = new AdmissionOptions();
        options.Author.Burst = QuotaOptions.MinBurst;
        options.Author.TokensPerSecond = 1;
        var pipeline = new AdmissionPipeline(TestCluster.Network, options, TimeProvider.System);
        var door = new AdmissionWorkers(pipeline, Options.Create(TestCluster.Network), TimeProvider.System, maxWorkers: 1);
        for (var i = 0; i < 4; i++)
        {
            ReadOnlyMemory<byte>[] replays = [.. _author.Seal(QuotaOptions.MinBurst / 2).Envelopes];
            var verdicts = await door.AdmitAsync(replays, shard: null, Honest, Token);
            Assert.Empty(verdicts.Refused);
            door.Settle(verdicts.Batches[0], [.. replays.Select(_ => new PublishResult(1, 1, isDuplicate: true))]);
        }
    }

    [Fact]
    public async Task What_is_given_up_before_it_is_looked_at_is_not_admitted()
    {
        ReadOnlyMemory<byte>[] garbage = [new byte[10]];
        using var giveUp = new CancellationTokenSource();
        await giveUp.CancelAsync();

        // On a thread of the pool, where a few envelopes are judged at once.
        var admitting = Task.Run(() => _door.AdmitAsync(garbage, null, Honest, giveUp.Token), Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => admitting);
    }

    [Fact]
    public async Task A_request_that_is_given_up_does_not_stop_the_worker()
    {
        ReadOnlyMemory<byte>[] many = [.. _author.Seal(EnvelopeBatch.MaxCount).Envelopes];
        using var giveUp = new CancellationTokenSource();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _door.AdmitAsync(many, null, Honest, giveUp.Token));

        var verdicts = await _door.AdmitAsync(many, null, Honest, Token);

        Assert.Equal(many.Length, verdicts.Batches[0].Envelopes.Count);
    }

    private static AdmissionSource From(string peer, string address) =>
        new(Door.Push, peer, NetworkPrefix.Of(IPAddress.Parse(address)));

    /// <summary>A clock that lets nobody go on who asks for the time while it stands.</summary>
    private sealed class StandingTime : TimeProvider
    {
        private readonly ManualResetEventSlim _goesOn = new(initialState: true);

        public void Stop() => _goesOn.Reset();

        public void GoOn() => _goesOn.Set();

        public override long GetTimestamp()
        {
            _goesOn.Wait();
            return base.GetTimestamp();
        }
    }
}

using Azure;
using Azure.Storage.Blobs.Models;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Storage.Tests.Log.Azure;
using static DChat.Storage.Tests.Log.Local.TestLog;

namespace DChat.Storage.Tests.Segments.Azure;

/// <summary>Two silos and the segments of one shard: whatever the one is in the middle of when the other comes, nothing is sealed twice and nothing is lost.</summary>
public sealed class SegmentTakeoverTests(AzuriteServer server)
{
    private const int MoreThanAnyRequests = 60;

    private readonly TestContainer _container = server.NewContainer();

    [Fact]
    public async Task An_owner_of_another_silo_seals_nothing_any_more_though_its_writer_does_not_know()
    {
        await using var one = await TestSilo.StartAsync(_container);
        await using var other = await TestSilo.StartAsync(_container);
        var (stale, kept) = await one.FillAsync();
        var next = await other.OpenAsync();

        var result = await stale.SealAsync(1);

        Assert.False(stale.IsFenced);
        Assert.True(result is { Segments.Count: 0, Holes.Count: 0 });
        Assert.Equal(0, stale.Sealed.Count);
        Assert.Empty(await _container.SegmentNamesAsync());
        Assert.Equal(2, (await next.SealAsync(1)).Segments.Count);
        Assert.Empty((await stale.SealAsync(2)).Segments);
        await AssertHoldsAsync(kept);
    }

    [Fact]
    public async Task An_owner_that_finds_its_messages_gone_since_another_has_sealed_them_does_not_take_them_for_damaged()
    {
        await using var one = await TestSilo.StartAsync(_container);
        await using var other = await TestSilo.StartAsync(_container);
        var (stale, kept) = await one.FillAsync();
        var next = await other.OpenAsync();
        await next.SealAsync(1);
        next.Release();
        await other.Log.TrimmedAsync(TestContainer.Shard);

        Assert.True(await stale.SealAsync(1) is { Segments.Count: 0, Holes.Count: 0 });
        await AssertHoldsAsync(kept);
    }

    [Fact]
    public async Task An_owner_whose_messages_another_has_sealed_and_deleted_tells_no_reader_of_holes()
    {
        await using var one = await TestSilo.StartAsync(_container);
        await using var other = await TestSilo.StartAsync(_container);
        var (stale, kept) = await one.FillAsync();
        var next = await other.OpenAsync();
        await next.SealAsync(1);
        next.Release();
        await other.Log.TrimmedAsync(TestContainer.Shard);

        var error = await Assert.ThrowsAsync<DChatException>(stale.ReadAllAsync);

        Assert.True(error is { Code: "log-unreadable", IsTransient: true });
        Assert.True(stale.IsFenced);
        await AssertHoldsAsync(kept);
    }

    [Fact]
    public async Task Wherever_a_sealing_is_when_another_silo_takes_the_shard_it_is_done_before_that_or_never()
    {
        var outcomes = new List<bool>();
        List<ShardAppend> kept = [];
        await using var one = await TestSilo.StartAsync(_container);
        await using var another = await TestSilo.StartAsync(_container);
        var (silo, other) = (one, another);
        var stale = await silo.OpenAsync();
        for (var request = 0; request < MoreThanAnyRequests && (outcomes.Count < 2 || !outcomes[^2] || !outcomes[^1]); request++)
        {
            kept.Add(TestSilo.Batch(stale.Open.Head + 1, request + 1));
            Assert.Equal(AppendOutcome.Durable, await stale.AppendAsync(kept[^1]));
            OpenShard? next = null;
            var before = request;
            var (taking, taken) = (other, (2 * (ulong)request) + 1);
            silo.Faults.Before = async _ =>
            {
                if (before-- == 0)
                {
                    next = await taking.OpenAsync();
                    await next.SealAsync(taken);
                }
            };

            var result = await stale.SealAsync(taken - 1);

            silo.Faults.Before = _ => Task.CompletedTask;
            next ??= await other.OpenAsync();
            Assert.True(result.Segments.Count is 0 or 2 && result.Holes.Count == 0);
            outcomes.Add(result.Segments.Count == 2);
            Assert.Equal(outcomes[^1] ? [taken - 1] : [taken], OpenEpochs(next).Where(epoch => epoch >= taken - 1).Distinct());
            Assert.Equal(6 * (request + 1), next.Sealed.Count);
            (silo, other, stale) = (other, silo, next);
        }

        // Its last request is the commit.
        Assert.Equal([true, true], outcomes[^2..]);
        Assert.DoesNotContain(true, outcomes[..^2]);
        Assert.InRange(outcomes.Count, 14, MoreThanAnyRequests);
        await AssertHoldsAsync([.. kept]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sealing_that_was_done_but_not_answered_before_another_silo_took_the_shard_is_not_deleted(bool isForLater)
    {
        await using var one = await TestSilo.StartAsync(_container);
        await using var other = await TestSilo.StartAsync(_container);
        var (stale, kept) = await one.FillAsync();
        var isDone = false;
        OpenShard? next = null;
        one.Faults.On = call =>
        {
            if (!isDone && call.Kind == BlobCallKind.Create && call.Path.EndsWith("/manifest", StringComparison.Ordinal))
            {
                isDone = true;
                return Trouble.AnswerLost;
            }

            return isForLater && isDone && next is null ? Trouble.RequestLost : null;
        };
        one.Faults.Before = async call =>
        {
            if (isDone && next is null && !isForLater)
            {
                await TakeAsync();
            }
        };

        if (isForLater)
        {
            await Assert.ThrowsAsync<DChatException>(() => stale.SealAsync(1));
            await TakeAsync();
        }

        Assert.Empty((await stale.SealAsync(1)).Segments);
        Assert.Equal(6, next!.Sealed.Count);
        Assert.Single(await _container.NamesAsync());
        await AssertHoldsAsync(kept);

        async Task TakeAsync()
        {
            next = await other.OpenAsync();
            next.Release();
            await other.Log.TrimmedAsync(TestContainer.Shard);
        }
    }

    [Fact]
    public async Task Wherever_an_opening_is_when_another_silo_comes_and_seals_it_takes_the_segments_as_they_are_by_then()
    {
        for (var request = 0; ; request++)
        {
            var container = server.NewContainer();
            await using var one = await TestSilo.StartAsync(container);
            await using var slow = await TestSilo.StartAsync(container);
            await using var other = await TestSilo.StartAsync(container);
            var (first, kept) = await one.FillAsync();
            await first.SealAsync(1);
            var batch = Batch(7, 1, 2, [10, 20]);
            Assert.Equal(AppendOutcome.Durable, await first.AppendAsync(batch));
            var before = request;
            slow.Faults.Before = async call =>
            {
                if (call.Path.Contains("/segments/", StringComparison.Ordinal) && before-- == 0)
                {
                    // Twice, so that what the slow one has seen is deleted.
                    var overtaking = await other.OpenAsync();
                    await overtaking.SealAsync(2);
                    await overtaking.AppendAsync(Batch(9, 1, 3, [30]));
                    await overtaking.SealAsync(3);
                }
            };

            OpenShard? opened = null;
            try
            {
                opened = await slow.OpenAsync();
            }
            catch (DChatException e)
            {
                // It holds the shard no longer, and opens it anew.
                Assert.True(e.IsTransient, $"request {request}: {e}");
            }

            await (opened is null ? Task.CompletedTask : slow.Store.CleanedAsync(TestContainer.Shard));
            slow.Faults.Before = _ => Task.CompletedTask;
            var wasOvertaken = before < 0;
            if (opened is not null && wasOvertaken)
            {
                Assert.Empty((await opened.SealAsync(4)).Segments);
            }

            await AssertHoldsAsync(container, wasOvertaken ? [kept, batch, Batch(9, 1, 3, [30])] : [kept, batch]);
            if (!wasOvertaken)
            {
                Assert.InRange(request, 7, MoreThanAnyRequests);
                return;
            }
        }
    }

    [Fact]
    public async Task Of_silos_that_open_a_shard_at_once_the_one_that_has_its_log_alone_seals()
    {
        const int Silos = 4;
        var silos = await Task.WhenAll(Enumerable.Range(0, Silos).Select(_ => TestSilo.StartAsync(_container)));
        var (_, kept) = await silos[0].FillAsync();
        var shards = new List<OpenShard>();
        foreach (var opening in silos.Select(async silo => await Record.ExceptionAsync(async () => { var shard = await silo.OpenAsync(); lock (shards) { shards.Add(shard); } })).ToList())
        {
            Assert.True(await opening is null or DChatException { IsTransient: true });
        }

        var results = await Task.WhenAll(shards.Select(shard => shard.SealAsync(1)));
        Assert.Single(results, result => result.Segments.Count == 2);
        await AssertHoldsAsync(kept);
        foreach (var silo in silos)
        {
            await silo.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_manifest_that_is_done_late_is_refused_once_another_silo_has_the_shard()
    {
        await using var one = await TestSilo.StartAsync(_container);
        var (stale, kept) = await one.FillAsync();
        one.Faults.On = call => call.Kind == BlobCallKind.Create && call.Path.EndsWith("/manifest", StringComparison.Ordinal) ? Trouble.RequestLost : null;
        Assert.Equal("segment-unwritable", (await Assert.ThrowsAsync<DChatException>(() => stale.SealAsync(1))).Code);
        var late = one.Faults.Calls.Last(call => call.Kind == BlobCallKind.Create);
        var state = (await _container.Client.GetBlobClient(TestContainer.ManifestName).GetPropertiesAsync(cancellationToken: Token)).Value.ETag;
        one.Heal();

        await using var other = await TestSilo.StartAsync(_container);
        var next = await other.OpenAsync();
        await other.Store.CleanedAsync(TestContainer.Shard);
        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => WriteManifestAsync(late, state));

        Assert.Equal(412, refused.Status);
        Assert.Empty(await _container.SegmentNamesAsync());
        Assert.Empty((await stale.SealAsync(1)).Segments);
        Assert.Equal(2, (await next.SealAsync(1)).Segments.Count);
        await AssertHoldsAsync(kept);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_manifest_that_is_done_late_for_the_same_owner_counts_and_its_messages_are_not_sealed_again(bool isDuringNextSealing)
    {
        await using var one = await TestSilo.StartAsync(_container);
        var (shard, kept) = await one.FillAsync();
        one.Faults.On = call => call.Kind == BlobCallKind.Create && call.Path.EndsWith("/manifest", StringComparison.Ordinal) ? Trouble.RequestLost : null;
        await Assert.ThrowsAsync<DChatException>(() => shard.SealAsync(1));
        var late = one.Faults.Calls.Last(call => call.Kind == BlobCallKind.Create);
        var state = (await _container.Client.GetBlobClient(TestContainer.ManifestName).GetPropertiesAsync(cancellationToken: Token)).Value.ETag;
        one.Heal();
        var isDone = false;
        one.Faults.Before = async call =>
        {
            if (!isDone && (!isDuringNextSealing || call.Path.EndsWith(".seg", StringComparison.Ordinal)))
            {
                isDone = true;
                await WriteManifestAsync(late, state);
            }
        };

        // Found at once, it leaves nothing to seal; found at the commit, it has the commit refused.
        var error = await Record.ExceptionAsync(() => shard.SealAsync(2));
        Assert.Equal(isDuringNextSealing, error is DChatException { Code: "segment-unwritable", IsTransient: true });
        Assert.Equal(6, shard.Sealed.Count);
        Assert.Equal(0, shard.Open.Count);
        Assert.Equal([1ul], OpenEpochs(shard).Distinct());
        await AssertHoldsAsync(kept);
    }

    private static IEnumerable<ulong> OpenEpochs(OpenShard shard) => shard.Segments.Select(segment => segment.Id.Epoch.Value);

    private Task<Response<BlobContentInfo>> WriteManifestAsync(BlobCall call, ETag state) => _container.Client.GetBlobClient(TestContainer.ManifestName).UploadAsync(
        BinaryData.FromBytes(call.Body), new BlobUploadOptions { Conditions = new BlobRequestConditions { IfMatch = state } }, Token);

    private Task AssertHoldsAsync(params ShardAppend[] batches) => AssertHoldsAsync(_container, batches);

    private static async Task AssertHoldsAsync(TestContainer container, params ShardAppend[] batches)
    {
        await using var silo = await TestSilo.StartAsync(container);
        await SealedModel.AssertHoldsAsync(await silo.OpenAsync(), batches);
    }
}

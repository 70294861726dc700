using DChat.Core;
using DChat.Core.Shards;
using DChat.Storage.Tests.Log.Azure;

namespace DChat.Storage.Tests.Segments.Azure;

/// <summary>Lost requests, lost answers and refusals at every request of a sealing, and a silo that dies there.</summary>
public sealed class SealingFaultTests(AzuriteServer server)
{
    // Of a sealing of two classes: a read of the log, two blobs written and read each; the heads written and read; the manifest.
    private const int Requests = 13;

    private readonly TestContainer _container = server.NewContainer();
    private readonly List<ShardAppend> _kept = [];

    public static TheoryData<string> Passing => ["request", "answer", "500", "503", "429"];

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task A_fault_that_passes_at_any_request_of_a_sealing_changes_nothing(string fault)
    {
        await using var silo = await TestSilo.StartAsync(_container);
        var shard = await silo.OpenAsync();
        for (var request = 0; request < Requests; request++)
        {
            await AppendAsync(shard);
            silo.At(request, TroubleOf(fault));

            Assert.Equal(2, (await shard.SealAsync((ulong)request)).Segments.Count);

            silo.Heal();
            Assert.Equal(6 * (request + 1), shard.Sealed.Count);
        }

        await AssertHoldsAsync();
    }

    [Theory]
    [InlineData("request")]
    [InlineData("answer")]
    [InlineData("503")]
    [InlineData("403")]
    public async Task A_fault_that_lasts_from_any_request_of_a_sealing_on_leaves_it_done_or_for_later(string fault)
    {
        await using var silo = await TestSilo.StartAsync(_container);
        var shard = await silo.OpenAsync();
        for (var request = 0; request < Requests; request++)
        {
            await AppendAsync(shard);
            silo.From(request, TroubleOf(fault));

            var error = await Assert.ThrowsAsync<DChatException>(() => shard.SealAsync(2 * (ulong)request));
            Assert.True(error is { Code: "segment-unwritable" or "segment-unreadable" or "log-unreadable", IsTransient: true }, $"request {request}: {error}");

            silo.Heal();
            var sealedNow = await shard.SealAsync((2 * (ulong)request) + 1);
            Assert.Equal(fault == "answer" && request == Requests - 1 ? 0 : 2, sealedNow.Segments.Count);
            Assert.Equal(6 * (request + 1), shard.Sealed.Count);
            Assert.Equal(0, shard.Open.Count);
        }

        await AssertHoldsAsync();
    }

    [Theory]
    [InlineData("request")]
    [InlineData("answer")]
    public async Task A_silo_that_dies_at_any_request_of_a_sealing_leaves_a_shard_that_opens_and_the_next_owner_deletes_what_nothing_names(string fault)
    {
        var silo = await TestSilo.StartAsync(_container);
        var shard = await silo.OpenAsync();
        for (var request = 1; request <= Requests; request++)
        {
            await AppendAsync(shard);
            var named = await _container.SegmentNamesAsync();
            silo.From(request, TroubleOf(fault));
            await Record.ExceptionAsync(() => shard.SealAsync((ulong)request));
            var dead = silo;

            silo = await TestSilo.StartAsync(_container);
            shard = await silo.OpenAsync();
            await silo.Store.CleanedAsync(TestContainer.Shard);
            await SealedModel.AssertHoldsAsync(shard, _kept);
            var isSealed = shard.Open.Count == 0;
            Assert.Equal(request == Requests || (fault == "answer" && request == Requests - 1), isSealed);
            var left = await _container.SegmentNamesAsync();
            Assert.Subset(left.ToHashSet(), named.Where(IsOfSegment).ToHashSet());
            Assert.Equal(named.Count(IsOfSegment) + (isSealed ? 4 : 0), left.Count(IsOfSegment));
            Assert.True(left.Count(name => !IsOfSegment(name)) <= 1);
            await shard.SealAsync(100 + (ulong)request);
            await dead.DisposeAsync();
        }

        await silo.DisposeAsync();
        await AssertHoldsAsync();

        static bool IsOfSegment(string name) => !name.EndsWith(".topics", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_does_not_delete_keeps_nobody_from_opening_or_sealing()
    {
        ShardAppend kept;
        await using (var dying = await TestSilo.StartAsync(_container))
        {
            (var shard, kept) = await dying.FillAsync();
            dying.From(Requests - 1, Trouble.RequestLost);
            await Assert.ThrowsAsync<DChatException>(() => shard.SealAsync(1));
        }

        await using var silo = await TestSilo.StartAsync(_container);
        silo.Faults.On = call => call.Kind == BlobCallKind.Delete ? Trouble.Answered(503) : null;
        var opened = await silo.OpenAsync();
        await silo.Store.CleanedAsync(TestContainer.Shard);
        Assert.Equal(5, (await _container.SegmentNamesAsync()).Count);
        Assert.Equal(2, (await opened.SealAsync(1)).Segments.Count);
        await AssertHoldsAsync(kept);
    }

    [Fact]
    public async Task Heads_of_topics_are_kept_for_who_still_reads_them_and_deleted_one_sealing_later()
    {
        await using var silo = await TestSilo.StartAsync(_container);
        var (shard, kept) = await silo.FillAsync();
        List<ShardAppend> batches = [kept];
        for (var epoch = 1ul; epoch <= 4; epoch++)
        {
            await shard.SealAsync(epoch);
            batches.Add(TestSilo.Batch(shard.Open.Head + 1, (int)epoch + 1));
            await shard.AppendAsync(batches[^1]);
        }

        Assert.Equal(
            ["segments/1/0000000001-000003/heads.topics", "segments/1/0000000001-000004/heads.topics"],
            (await _container.SegmentNamesAsync()).Where(name => name.EndsWith(".topics", StringComparison.Ordinal)));
        await AssertHoldsAsync([.. batches]);
    }

    [Fact]
    public async Task A_store_that_is_closed_gives_a_sealing_up_and_begins_none()
    {
        var silo = await TestSilo.StartAsync(_container);
        var (shard, kept) = await silo.FillAsync();
        var trouble = new Trouble { Hangs = true };
        silo.Faults.On = call => call.Kind == BlobCallKind.Create ? trouble : null;
        var sealing = shard.SealAsync(1);
        await trouble.Hanging.Task.WaitAsync(Log.Local.TestLog.Token);

        await silo.Store.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sealing);
        silo.Heal();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => shard.SealAsync(2));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => silo.OpenAsync());
        await silo.DisposeAsync();
        await AssertHoldsAsync(kept);
    }

    private static Trouble TroubleOf(string fault) => fault switch
    {
        "request" => Trouble.RequestLost,
        "answer" => Trouble.AnswerLost,
        _ => Trouble.Answered(int.Parse(fault, System.Globalization.CultureInfo.InvariantCulture)),
    };

    private async Task AppendAsync(OpenShard shard)
    {
        _kept.Add(TestSilo.Batch(shard.Open.Head + 1, _kept.Count + 1));
        Assert.Equal(AppendOutcome.Durable, await shard.AppendAsync(_kept[^1]));
    }

    private async Task AssertHoldsAsync(params ShardAppend[] batches)
    {
        await using var silo = await TestSilo.StartAsync(_container);
        await SealedModel.AssertHoldsAsync(await silo.OpenAsync(), batches.Length > 0 ? batches : _kept);
    }
}

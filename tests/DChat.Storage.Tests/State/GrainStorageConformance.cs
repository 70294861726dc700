using System.Collections.Concurrent;
using CsCheck;
using Orleans.Storage;

namespace DChat.Storage.Tests.State;

/// <summary>
/// What Orleans expects of a grain storage, whatever it stores in. A provider's tests derive from this class, or from
/// <see cref="DurableGrainStorageConformance"/>. Every test uses grains of its own, so the storage may be shared.
/// </summary>
public abstract class GrainStorageConformance
{
    private const string StateName = "state";

    protected abstract IGrainStorage Storage { get; }

    public static TheoryData<string> Keys =>
    [
        "plain", "Привет, мир", "👩‍🚀", "a/b\\c#d?e%f", "it's \"quoted\"; --", " spaces ", "UPPER", "upper", new string('k', 500),
    ];

    protected static GrainId NewGrain(string key = "grain") => GrainId.Create("probe", $"{key}-{Guid.NewGuid():N}");

    protected static GrainState<ProbeState> NewState(string? text = null, long number = 0, string? etag = null) =>
        new(new ProbeState { Text = text, Number = number }, etag) { RecordExists = etag is not null };

    [Fact]
    public async Task Reading_what_was_never_written_gives_a_fresh_state_without_etag()
    {
        var state = NewState("stale", 1, "stale");

        await Storage.ReadStateAsync(StateName, NewGrain(), state);

        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Equal(new ProbeState(), state.State);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task A_written_state_reads_back_with_its_etag_under_any_key(string key)
    {
        var grain = NewGrain(key);
        var written = NewState("Привет, 👩‍🚀 \0 end", long.MinValue);

        await Storage.WriteStateAsync(StateName, grain, written);

        Assert.True(written.RecordExists);
        Assert.False(string.IsNullOrEmpty(written.ETag));
        await AssertStoredAsync(grain, written);
    }

    [Fact]
    public async Task Integer_and_guid_keys_name_different_grains()
    {
        var number = GrainId.Create(GrainType.Create("probe"), GrainIdKeyExtensions.CreateIntegerKey(Random.Shared.NextInt64()));
        var guid = GrainId.Create(GrainType.Create("probe"), GrainIdKeyExtensions.CreateGuidKey(Guid.NewGuid()));
        var first = NewState("number");
        var second = NewState("guid");

        await Storage.WriteStateAsync(StateName, number, first);
        await Storage.WriteStateAsync(StateName, guid, second);

        await AssertStoredAsync(number, first);
        await AssertStoredAsync(guid, second);
    }

    [Fact]
    public async Task A_megabyte_of_state_reads_back()
    {
        var grain = NewGrain();
        var written = NewState(new string('x', 1 << 20));

        await Storage.WriteStateAsync(StateName, grain, written);

        await AssertStoredAsync(grain, written);
    }

    [Fact]
    public async Task Every_write_changes_the_etag_even_with_equal_values()
    {
        var grain = NewGrain();
        var state = NewState("same");
        var etags = new HashSet<string?> { null };

        for (var i = 0; i < 5; i++)
        {
            await Storage.WriteStateAsync(StateName, grain, state);
            Assert.True(etags.Add(state.ETag));
        }
    }

    [Fact]
    public async Task A_second_insert_is_inconsistent_and_keeps_the_first()
    {
        var grain = NewGrain();
        var first = NewState("first");
        await Storage.WriteStateAsync(StateName, grain, first);

        var second = NewState("second");
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(StateName, grain, second));

        Assert.Null(second.ETag);
        Assert.False(second.RecordExists);
        await AssertStoredAsync(grain, first);
    }

    [Fact]
    public async Task A_write_with_a_stale_etag_is_inconsistent_and_changes_nothing()
    {
        var (grain, stale, newest) = await WriteTwiceAsync();

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(StateName, grain, stale));

        Assert.NotEqual(newest.ETag, stale.ETag);
        Assert.Equal(new ProbeState { Text = "stale" }, stale.State);
        await AssertStoredAsync(grain, newest);
    }

    [Fact]
    public async Task A_clear_with_a_stale_etag_is_inconsistent_and_changes_nothing()
    {
        var (grain, stale, newest) = await WriteTwiceAsync();

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync(StateName, grain, stale));

        Assert.True(stale.RecordExists);
        await AssertStoredAsync(grain, newest);
    }

    [Fact]
    public async Task A_clear_without_etag_of_a_written_state_is_inconsistent_and_changes_nothing()
    {
        var (grain, _, newest) = await WriteTwiceAsync();

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync(StateName, grain, NewState()));

        await AssertStoredAsync(grain, newest);
    }

    [Fact]
    public async Task Clearing_what_was_never_written_gives_a_fresh_state()
    {
        var state = NewState("unsaved", 1);

        await Storage.ClearStateAsync(StateName, NewGrain(), state);

        Assert.False(state.RecordExists);
        Assert.Equal(new ProbeState(), state.State);
    }

    [Fact]
    public async Task Clearing_leaves_a_fresh_state_and_another_etag_and_may_be_repeated()
    {
        var grain = NewGrain();
        var state = NewState("text", 1);
        await Storage.WriteStateAsync(StateName, grain, state);
        var written = state.ETag;

        for (var i = 0; i < 2; i++)
        {
            await Storage.ClearStateAsync(StateName, grain, state);

            Assert.NotEqual(written, state.ETag);
            Assert.False(state.RecordExists);
            Assert.Equal(new ProbeState(), state.State);
        }

        var read = NewState("stale", 1, "stale");
        await Storage.ReadStateAsync(StateName, grain, read);
        Assert.False(read.RecordExists);
        Assert.Equal(state.ETag, read.ETag);
        Assert.Equal(new ProbeState(), read.State);
    }

    [Fact]
    public async Task A_cleared_state_can_be_written_again_and_an_etag_from_before_no_longer_matches()
    {
        var grain = NewGrain();
        var state = NewState("first");
        await Storage.WriteStateAsync(StateName, grain, state);
        var before = NewState("before", etag: state.ETag);

        await Storage.ClearStateAsync(StateName, grain, state);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(StateName, grain, before));

        state.State = new ProbeState { Text = "second" };
        await Storage.WriteStateAsync(StateName, grain, state);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(StateName, grain, before));
        await AssertStoredAsync(grain, state);
    }

    [Fact]
    public async Task Names_of_states_and_types_of_grains_name_different_records()
    {
        var key = Guid.NewGuid().ToString("N");
        var records = new[] { ("first", "probe"), ("second", "probe"), ("first", "other") }
            .Select(record => (Name: record.Item1, Grain: GrainId.Create(record.Item2, key), State: NewState($"{record}"))).ToList();

        foreach (var (name, grain, state) in records)
        {
            await Storage.WriteStateAsync(name, grain, state);
        }

        foreach (var (name, grain, state) in records)
        {
            await AssertStoredAsync(grain, state, name);
        }
    }

    [Fact]
    public async Task Of_racing_writers_exactly_one_wins_each_round()
    {
        var grain = NewGrain();
        var current = NewState();
        for (var round = 0; round < 20; round++)
        {
            var winners = new ConcurrentBag<GrainState<ProbeState>>();
            await Task.WhenAll(Enumerable.Range(0, 10).Select(writer => Task.Run(async () =>
            {
                var mine = NewState($"round {round}", writer, current.ETag);
                try
                {
                    await Storage.WriteStateAsync(StateName, grain, mine);
                    winners.Add(mine);
                }
                catch (InconsistentStateException)
                {
                }
            })));

            current = Assert.Single(winners);
            await AssertStoredAsync(grain, current);
        }
    }

    [Fact]
    public async Task Many_grains_write_and_read_side_by_side()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 50), TestContext.Current.CancellationToken, async (number, _) =>
        {
            var grain = NewGrain();
            var state = NewState("parallel", number);
            for (var i = 0; i < 5; i++)
            {
                await Storage.WriteStateAsync(StateName, grain, state);
                await AssertStoredAsync(grain, state);
            }
        });
    }

    [Fact]
    public Task Any_sequence_of_operations_of_several_activations_behaves_like_a_record_with_a_version() =>
        Gen.Select(Gen.Int[0, 2], Gen.OneOf(Gen.Const("read"), Gen.Const("write"), Gen.Const("clear"))).Array[1, 30].SampleAsync(
            async operations =>
            {
                var grain = NewGrain();
                var activations = Enumerable.Range(0, 3).Select(_ => NewState()).ToArray();
                (string? ETag, long? Number) model = default;
                for (var step = 0; step < operations.Length; step++)
                {
                    var (activation, operation) = operations[step];
                    model = await ApplyAsync(grain, activations[activation], operation, step, model);
                }
            },
            iter: 50,
            threads: 1);

    private async Task<(string? ETag, long? Number)> ApplyAsync(
        GrainId grain, GrainState<ProbeState> activation, string operation, long step, (string? ETag, long? Number) model)
    {
        if (operation == "read")
        {
            await Storage.ReadStateAsync(StateName, grain, activation);
            Assert.Equal(model.ETag, activation.ETag);
            Assert.Equal(model.Number is not null, activation.RecordExists);
            Assert.Equal(new ProbeState { Number = model.Number ?? 0 }, activation.State);
            return model;
        }

        activation.State = new ProbeState { Number = step };
        var call = operation == "write" ? Storage.WriteStateAsync(StateName, grain, activation) : Storage.ClearStateAsync(StateName, grain, activation);
        if (activation.ETag != model.ETag)
        {
            await Assert.ThrowsAsync<InconsistentStateException>(() => call);
            return model;
        }

        await call;
        return (activation.ETag, operation == "write" ? step : null);
    }

    protected async Task AssertStoredAsync(GrainId grain, GrainState<ProbeState> expected, string stateName = StateName)
    {
        var read = NewState();
        await Storage.ReadStateAsync(stateName, grain, read);
        Assert.True(read.RecordExists);
        Assert.Equal(expected.ETag, read.ETag);
        Assert.Equal(expected.State, read.State);
    }

    private async Task<(GrainId Grain, GrainState<ProbeState> Stale, GrainState<ProbeState> Newest)> WriteTwiceAsync()
    {
        var grain = NewGrain();
        var newest = NewState("first");
        await Storage.WriteStateAsync(StateName, grain, newest);
        var stale = NewState("stale", etag: newest.ETag);
        newest.State = new ProbeState { Text = "newest" };
        await Storage.WriteStateAsync(StateName, grain, newest);
        return (grain, stale, newest);
    }
}

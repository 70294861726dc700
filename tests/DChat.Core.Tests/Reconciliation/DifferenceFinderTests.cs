using CsCheck;
using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

public sealed class DifferenceFinderTests
{
    private const int Iterations = 200;

    private static readonly SketchKey Key = new(1, 2);

    private static readonly Gen<int> Cached = Gen.OneOf([.. ((int[])[0, 1, 64, 8_192]).Select(Gen.Const)]);

    private static readonly Gen<int> MaxSymbols = Gen.OneOf([.. ((int[])[0, 1, 100, FinderOptions.DefaultMaxSymbols]).Select(Gen.Const)]);

    [Fact]
    public void What_is_found_is_exactly_the_difference_with_a_sketch_of_any_length_and_without() =>
        Gen.Select(SetShapes.Pairs, Cached, MaxSymbols).Sample(
            (sets, cached, maxSymbols) =>
            {
                var finder = Finder(sets.Left, sets.Right, maxSymbols, cached);
                Run(finder, new Peer(sets.Right, cached));

                Assert.True(finder.IsExact);
                Assert.Equal(Ids(sets.Left.Except(sets.Right)), finder.Haves.Order());
                Assert.Equal(Ids(sets.Right.Except(sets.Left)), finder.Needs.Order());
            },
            iter: Iterations,
            threads: 1);

    [Fact]
    public void Equal_digests_end_it_at_once()
    {
        var items = Numbered(0, 500);
        var finder = Finder(items, items);

        Assert.Equal(FinderStepKind.Done, finder.Begin().Kind);
        Assert.True(finder is { IsDone: true, IsExact: true, Haves: [], Needs: [] });
        Assert.Throws<InvalidOperationException>(() => finder.Take([1]));
    }

    [Fact]
    public void A_few_differences_of_many_items_are_found_by_symbols_alone()
    {
        var (left, right) = (Numbered(0, 5_000), Numbered(10, 5_020));
        var finder = Finder(left, right);
        Run(finder, new Peer(right));

        Assert.True(finder is { IsExact: true, IsByNegentropy: false });
        Assert.Equal((10, 20), (finder.Haves.Count, finder.Needs.Count));
        Assert.InRange(finder.Symbols, 30, 200);
    }

    [Fact]
    public void Where_symbols_would_cost_more_than_the_ids_none_are_asked_for()
    {
        var (left, right) = (Numbered(0, 1), Numbered(0, 3_000));
        var finder = Finder(left, right);

        Assert.Equal(FinderStepKind.AskNegentropy, finder.Begin().Kind);
    }

    [Fact]
    public void A_peer_that_gives_no_symbols_is_asked_by_negentropy()
    {
        var (left, right) = (Numbered(0, 1_000), Numbered(5, 1_005));
        var finder = Finder(left, right);
        Run(finder, new Peer(right) { GivesSymbols = false });

        Assert.True(finder is { IsExact: true, IsByNegentropy: true, Symbols: 0 });
        Assert.Equal((5, 5), (finder.Haves.Count, finder.Needs.Count));
    }

    [Fact]
    public void Symbols_that_decode_to_something_else_cost_negentropy_and_nothing_more()
    {
        var (left, right) = (Numbered(0, 1_000), Numbered(5, 1_005));
        var finder = Finder(left, right);

        // Its sketch is that of another set than its digest and its answers.
        Run(finder, new Peer(right) { Sketched = Numbered(7, 1_009) });

        Assert.True(finder is { IsExact: true, IsByNegentropy: true });
        Assert.Equal(Ids(right.Except(left)), finder.Needs.Order());
    }

    [Fact]
    public void Endless_symbols_that_never_decode_end_at_the_limit_and_cost_negentropy()
    {
        var (left, right) = (Numbered(0, 20_000), Numbered(5, 20_005));
        var finder = Finder(left, right, maxSymbols: 1_000);
        Run(finder, new Peer(right) { Sketched = Numbered(50_000, 70_000) });

        Assert.True(finder is { IsExact: true, IsByNegentropy: true, Symbols: <= 1_000 });
    }

    [Fact]
    public void A_digest_that_fits_nothing_is_told_as_not_exact()
    {
        var (left, right) = (Numbered(0, 1_000), Numbered(5, 1_005));
        var lie = SetDigest.Of(SetShapes.Snapshot(right)).With(SetShapes.Id(77_777));
        var finder = new DifferenceFinder(SetShapes.Snapshot(left), lie, Key, sketch: null, Options());
        Run(finder, new Peer(right));

        Assert.True(finder is { IsDone: true, IsExact: false, IsByNegentropy: true });
        Assert.Equal(Ids(right.Except(left)), finder.Needs.Order());
    }

    [Fact]
    public void A_wrong_number_of_symbols_is_a_fault()
    {
        var finder = Finder(Numbered(0, 1_000), Numbered(5, 1_005));
        var step = finder.Begin();
        Assert.Equal(FinderStepKind.AskSymbols, step.Kind);

        Assert.Equal("reconciliation-invalid", Assert.Throws<DChatException>(() => finder.Take(new byte[(step.Symbols.Count * CodedSymbol.Length) + 1])).Code);
    }

    private static SetItem[] Numbered(int from, int to) => [.. Enumerable.Range(from, to - from).Select(number => SetShapes.Numbered(number, (ulong)number))];

    private static IEnumerable<Bytes32> Ids(IEnumerable<SetItem> items) => items.Select(item => item.Id).Order();

    private static FinderOptions Options(int maxSymbols = FinderOptions.DefaultMaxSymbols) =>
        new() { MaxSymbols = maxSymbols, Negentropy = new NegentropyOptions { Salt = 7 } };

    private static DifferenceFinder Finder(SetItem[] ours, SetItem[] theirs, int maxSymbols = FinderOptions.DefaultMaxSymbols, int cached = 0) =>
        new(SetShapes.Snapshot(ours), SetDigest.Of(SetShapes.Snapshot(theirs)), Key, Sketch(ours, cached), Options(maxSymbols));

    private static RatelessSketch? Sketch(SetItem[] items, int length)
    {
        if (length == 0)
        {
            return null;
        }

        var sketch = new RatelessSketch(Key, length);
        foreach (var item in items)
        {
            sketch.Add(item.Id);
        }

        return sketch;
    }

    private static void Run(DifferenceFinder finder, Peer peer)
    {
        for (var step = finder.Begin(); step.Kind != FinderStepKind.Done;)
        {
            step = finder.Take(peer.Answer(step));
        }
    }

    private sealed class Peer(SetItem[] items, int cached = 0)
    {
        private readonly NegentropyResponder _responder = new(SetShapes.Snapshot(items), new NegentropyOptions { Salt = 9 });
        private RatelessEncoder? _encoder;

        public bool GivesSymbols { get; init; } = true;

        public SetItem[] Sketched { get; init; } = items;

        public byte[] Answer(FinderStep step)
        {
            if (step.Kind == FinderStepKind.AskNegentropy)
            {
                return _responder.Answer(step.Message.Span).ToArray();
            }

            if (!GivesSymbols)
            {
                return [];
            }

            _encoder ??= new RatelessEncoder(SetShapes.Snapshot(Sketched), Key, Sketch(Sketched, cached));
            var bytes = new byte[step.Symbols.Count * CodedSymbol.Length];
            var at = 0;
            foreach (var symbol in _encoder.Produce(step.Symbols.Start, step.Symbols.Count))
            {
                symbol.Write(bytes.AsSpan(at));
                at += CodedSymbol.Length;
            }

            return bytes;
        }
    }
}

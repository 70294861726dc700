using CsCheck;
using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

public sealed class RatelessTests
{
    private const int Iterations = 100;

    private static readonly SketchKey Key = new(0x0706050403020100, 0x0F0E0D0C0B0A0908);

    private static readonly Gen<SketchKey> Keys = Gen.Select(Gen.ULong, Gen.ULong, (first, second) => new SketchKey(first, second));

    /// <summary>The reference's vector for a message of the bytes 0 to 31 (vectors_sip64, SipHash-2-4).</summary>
    [Fact]
    public void The_hash_of_an_id_is_SipHash_of_its_32_bytes()
    {
        var id = new Bytes32([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

        Assert.Equal(Convert.FromHexString("ce7cf2722f512771"), BitConverter.GetBytes(Key.Hash(id)));
    }

    [Fact]
    public void What_is_decoded_is_exactly_the_difference() =>
        Gen.Select(SetShapes.Pairs, Keys, Gen.Int[0, 300]).Sample(
            (sets, key, cached) =>
            {
                var decoder = new RatelessDecoder(key);
                Assert.Equal(RatelessOutcome.Decoded, Run(decoder, sets.Left, sets.Right, key, cached));
                AssertExact(decoder, sets.Left, sets.Right);
            },
            iter: Iterations);

    [Fact]
    public void With_too_few_symbols_it_says_so() =>
        Gen.Select(SetShapes.Pairs, Keys, Gen.Int[1, 400]).Sample(
            (sets, key, cap) =>
            {
                var decoder = new RatelessDecoder(key, cap);
                var outcome = Run(decoder, sets.Left, sets.Right, key, cached: 0);
                Assert.True(decoder.Count <= cap);
                if (outcome == RatelessOutcome.Decoded)
                {
                    AssertExact(decoder, sets.Left, sets.Right);
                }
                else
                {
                    Assert.Equal(RatelessOutcome.Failed, outcome);
                    Assert.True(Difference(sets.Left, sets.Right) > 0);
                }
            },
            iter: Iterations);

    [Fact]
    public void A_sketch_that_was_kept_up_is_the_one_made_at_once_and_sketches_add_up() =>
        Gen.Select(SetShapes.Pairs, Keys, Gen.Int[1, 500]).Sample(
            (sets, key, length) =>
            {
                var (kept, left, right) = (new RatelessSketch(key, length), SketchOf(sets.Left, key, length), SketchOf(sets.Right.Except(sets.Left), key, length + 7));
                foreach (var item in sets.Right.Concat(sets.Left))
                {
                    kept.Add(item.Id);
                }

                foreach (var item in sets.Right)
                {
                    kept.Remove(item.Id);
                }

                Assert.Equal(left.Symbols.ToArray(), kept.Symbols.ToArray());
                Assert.Equal(left.Symbols.ToArray(), new RatelessEncoder(SetShapes.Snapshot(sets.Left), key).Produce(0, length).ToArray());
                var whole = SketchOf(sets.Left.Union(sets.Right), key, length);
                Assert.Equal(whole.Symbols.ToArray(), (left + right).Symbols.ToArray());
                Assert.Equal(left.Symbols.ToArray(), (whole - right).Symbols.ToArray());
            },
            iter: Iterations / 2);

    [Fact]
    public void A_thousand_differences_take_less_than_64_KiB_and_few_batches()
    {
        for (var seed = 0; seed < 8; seed++)
        {
            var items = Enumerable.Range(seed * 20_000, 4_000).Select(i => SetShapes.Numbered(i, (ulong)i)).ToArray();
            var alone = seed * 1_000 / 7;
            SetItem[] left = [.. items[..(3_000 + alone)]], right = [.. items[..3_000], .. items[(3_000 + alone)..]];
            var decoder = new RatelessDecoder(new SketchKey(1, (ulong)seed));

            var batches = 0;
            Assert.Equal(RatelessOutcome.Decoded, Run(decoder, left, right, new SketchKey(1, (ulong)seed), cached: 2_048, () => batches++));

            AssertExact(decoder, left, right);
            Assert.InRange(decoder.Count * CodedSymbol.Length, 1, 64 * 1_024);
            Assert.InRange(batches, 1, 6);
        }
    }

    /// <summary>An id that another hashes like cannot be told from it: the decoder stops at its cap, and says nothing that is wrong.</summary>
    [Fact]
    public void A_crafted_collision_costs_the_decoding_and_nothing_else()
    {
        var decoder = new RatelessDecoder(Key, maxSymbols: 500);
        var (first, second) = (SetShapes.Id(1), SetShapes.Id(2));
        var symbol = new CodedSymbol(first ^ second, 0, 2);
        var theirs = new byte[500 * CodedSymbol.Length];
        for (var mapping = new SymbolMapping(Key.Hash(first)); mapping.Index < 500; mapping.Next())
        {
            symbol.Write(theirs.AsSpan(mapping.Index * CodedSymbol.Length));
        }

        Assert.Equal(RatelessOutcome.Failed, decoder.Take(theirs, new CodedSymbol[500]));
        Assert.Empty(decoder.Needs);
        Assert.Empty(decoder.Haves);
    }

    [Fact]
    public void Symbols_of_no_set_end_in_time_and_name_no_more_items_than_symbols() =>
        Gen.Select(Gen.Int, Gen.Int[1, 2_000], Gen.Int[0, 3]).Sample(
            (seed, length, kind) =>
            {
                var random = new Random(seed);
                var theirs = new byte[length * CodedSymbol.Length];
                random.NextBytes(theirs);
                for (var i = 0; i < length && kind > 0; i++)
                {
                    // Each symbol says that it holds one item alone, the same, few, or ever others.
                    var id = SetShapes.Id(kind == 1 ? 0 : kind == 2 ? random.Next(5) : random.Next());
                    new CodedSymbol(id, Key.Hash(id), (sbyte)((random.Next(2) * 2) - 1)).Write(theirs.AsSpan(i * CodedSymbol.Length));
                }

                var decoder = new RatelessDecoder(Key, length);
                var outcome = decoder.Take(theirs, new CodedSymbol[length]);
                Assert.NotEqual(RatelessOutcome.NeedsMore, outcome);
                Assert.InRange(decoder.Needs.Count + decoder.Haves.Count, 0, length);
            },
            iter: Iterations);

    [Fact]
    public void Bytes_that_are_not_the_symbols_asked_for_are_refused()
    {
        var decoder = new RatelessDecoder(Key);

        var fault = Assert.Throws<DChatException>(() => decoder.Take(new byte[(2 * CodedSymbol.Length) - 1], new CodedSymbol[2]));
        Assert.Equal(ReconciliationFaults.InvalidCode, fault.Code);
        Assert.Equal(0, decoder.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => new RatelessDecoder(Key, RatelessSketch.MaxLength + 1));
        Assert.Equal(RatelessOutcome.NeedsMore, new RatelessDecoder(Key, RatelessSketch.MaxLength).Outcome);
        Assert.Throws<ArgumentOutOfRangeException>(() => new RatelessSketch(Key, RatelessSketch.MaxLength + 1));
        var encoder = new RatelessEncoder(SetShapes.Snapshot([]), Key);
        Assert.Equal(1, encoder.Produce(RatelessSketch.MaxLength - 1, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => encoder.Produce(RatelessSketch.MaxLength, 1).Length);
    }

    private static RatelessOutcome Run(
        RatelessDecoder decoder, SetItem[] left, SetItem[] right, SketchKey key, int cached, Action? onBatch = null)
    {
        var sketch = cached > 0 ? SketchOf(right, key, cached) : null;
        var (ours, theirs) = (new RatelessEncoder(SetShapes.Snapshot(left), key), new RatelessEncoder(SetShapes.Snapshot(right), key, sketch));
        while (decoder.Outcome == RatelessOutcome.NeedsMore)
        {
            onBatch?.Invoke();
            var count = decoder.NextBatch(right.Length - left.Length);
            Assert.InRange(count, 1, RatelessSketch.MaxLength);
            var wire = new byte[count * CodedSymbol.Length];
            var symbols = theirs.Produce(decoder.Count, count);
            for (var i = 0; i < count; i++)
            {
                symbols[i].Write(wire.AsSpan(i * CodedSymbol.Length));
            }

            decoder.Take(wire, ours.Produce(decoder.Count, count));
        }

        return decoder.Outcome;
    }

    private static RatelessSketch SketchOf(IEnumerable<SetItem> items, SketchKey key, int length)
    {
        var sketch = new RatelessSketch(key, length);
        foreach (var item in items)
        {
            sketch.Add(item.Id);
        }

        return sketch;
    }

    private static int Difference(SetItem[] left, SetItem[] right) => left.Except(right).Count() + right.Except(left).Count();

    private static void AssertExact(RatelessDecoder decoder, SetItem[] left, SetItem[] right)
    {
        Assert.Equal(left.Except(right).Select(item => item.Id).Order(), decoder.Haves.Order());
        Assert.Equal(right.Except(left).Select(item => item.Id).Order(), decoder.Needs.Order());
    }
}

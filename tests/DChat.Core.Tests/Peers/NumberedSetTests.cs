using CsCheck;
using DChat.Core.Peers;

namespace DChat.Core.Tests.Peers;

public sealed class NumberedSetTests
{
    private const int MaxEntries = 3;

    private enum Happening
    {
        Set,
        Remove,
        Delivered,
        AnswerLost,
        Lost,
        Late,
        Twice,
        LateArrives,
        WriterRestarts,
        CopyRestarts,
    }

    [Fact]
    public void Whatever_is_lost_late_or_restarted_both_sides_end_with_equal_sets() =>
        Gen.Select(Gen.Enum<Happening>(), Gen.Int[0, 9], Gen.Int[0, 99]).Array[0, 80].Sample(happenings =>
        {
            var pair = new Pair();
            foreach (var (happening, key, value) in happenings)
            {
                pair.Happens(happening, key, value);
            }

            pair.Settle();
            Assert.Equal(pair.Truth, pair.Copied);
        });

    [Fact]
    public void An_unchanged_set_is_confirmed_by_a_step_without_entries()
    {
        var (writer, copy) = (Writer(0), Copy());
        writer.Set((1, 10));
        Assert.True(copy.TryApply(writer.Next()));

        var idle = writer.Next();

        Assert.Empty(idle.Changed);
        Assert.Empty(idle.Removed);
        Assert.Equal(idle.Number, idle.Base);
        Assert.True(copy.TryApply(idle));
        Assert.False(Copy().TryApply(idle));
    }

    [Fact]
    public void A_large_set_comes_in_pieces_and_is_whole_after_the_last()
    {
        var (writer, copy) = (Writer(0), Copy());
        for (var key = 0; key < (2 * MaxEntries) + 1; key++)
        {
            writer.Set((key, key));
        }

        List<(int Entries, bool IsWhole)> seen = [];
        while (writer.HasMore)
        {
            var step = writer.Next();
            Assert.True(copy.TryApply(step));
            seen.Add((step.Changed.Count, copy.IsWhole));
        }

        Assert.Equal([(MaxEntries, false), (MaxEntries, false), (1, true)], seen);
        Assert.Equal((2 * MaxEntries) + 1, copy.Entries.Count);
    }

    [Fact]
    public void A_change_carries_the_changed_entries_alone()
    {
        var (writer, copy) = (Writer(0), Copy());
        writer.Set((1, 10));
        writer.Set((2, 20));
        copy.TryApply(writer.Next());

        writer.Set((2, 21));
        writer.Set((2, 22));
        writer.Remove(1);
        writer.Remove(7);
        var step = writer.Next();

        Assert.Equal([(2, 22)], step.Changed);
        Assert.Equal([1], step.Removed);
    }

    [Fact]
    public void A_step_without_its_base_is_not_taken_and_changes_nothing()
    {
        var (writer, copy) = (Writer(0), Copy());
        writer.Set((1, 10));
        copy.TryApply(writer.Next());
        writer.Set((2, 20));
        writer.Next();
        writer.Set((3, 30));

        Assert.False(copy.TryApply(writer.Next()));
        Assert.Equal([(1, 10)], copy.Entries);
    }

    [Fact]
    public void A_step_that_comes_twice_is_taken_once()
    {
        var (writer, copy) = (Writer(0), Copy());
        writer.Set((1, 10));
        var step = writer.Next();

        Assert.True(copy.TryApply(step));
        Assert.True(copy.TryApply(step));
        Assert.Equal([(1, 10)], copy.Entries);
    }

    private static NumberedSetWriter<int, (int Key, int Value)> Writer(long firstNumber) => new(entry => entry.Key, firstNumber, MaxEntries);

    private static NumberedSetCopy<int, (int Key, int Value)> Copy() => new(entry => entry.Key);

    /// <summary>A writer, its copy and what is on the way between them.</summary>
    private sealed class Pair
    {
        private const long NumbersOfAWriter = 1_000;

        private readonly SortedDictionary<int, int> _truth = [];
        private readonly Queue<NumberedSetChanges<int, (int Key, int Value)>> _late = [];
        private NumberedSetWriter<int, (int Key, int Value)> _writer = Writer(0);
        private NumberedSetCopy<int, (int Key, int Value)> _copy = Copy();
        private int _writers = 1;

        public IEnumerable<(int, int)> Truth => _truth.Select(entry => (entry.Key, entry.Value));

        public IEnumerable<(int, int)> Copied => _copy.Entries.OrderBy(entry => entry.Key);

        public void Happens(Happening happening, int key, int value)
        {
            switch (happening)
            {
                case Happening.Set:
                    _truth[key] = value;
                    _writer.Set((key, value));
                    break;
                case Happening.Remove:
                    _truth.Remove(key);
                    _writer.Remove(key);
                    break;
                case Happening.WriterRestarts:
                    _writer = Writer(_writers++ * NumbersOfAWriter);
                    foreach (var (known, last) in _truth)
                    {
                        _writer.Set((known, last));
                    }

                    break;
                case Happening.CopyRestarts:
                    _copy = Copy();
                    break;
                case Happening.LateArrives:
                    if (_late.TryDequeue(out var late))
                    {
                        _copy.TryApply(late);
                    }

                    break;
                default:
                    Send(happening);
                    break;
            }
        }

        /// <summary>The network works again: at most one step is refused.</summary>
        public void Settle()
        {
            var refused = 0;
            do
            {
                refused += Send(Happening.Delivered) ? 0 : 1;
                Assert.InRange(refused, 0, 1);
            }
            while (_writer.HasMore);

            Assert.True(_copy.IsWhole);
        }

        private bool Send(Happening fate)
        {
            var step = _writer.Next();
            Assert.InRange(step.Changed.Count + step.Removed.Count, 0, MaxEntries);
            if (fate is Happening.Late)
            {
                _late.Enqueue(step);
            }

            var isTaken = fate is Happening.Delivered or Happening.AnswerLost or Happening.Twice && _copy.TryApply(step);
            if (fate is Happening.Twice)
            {
                _copy.TryApply(step);
            }

            if (fate is Happening.Delivered or Happening.Twice && isTaken)
            {
                // Who was told that the copy is up to date may rely on it.
                if (!_writer.HasMore)
                {
                    Assert.Equal(Truth, Copied);
                }

                return true;
            }

            _writer.StartOver();
            return false;
        }
    }
}

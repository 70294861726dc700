using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Sealing;

namespace DChat.Core.Tests.Sealing;

public sealed class ReplayMemoryTests
{
    // What the fixed part of an author is counted as, and one sequence with its message.
    private const int Author = 256;
    private const int Entry = 40;

    private readonly ReplayMemory _memory = new(ReplayMemory.MinBytes);

    [Fact]
    public void Two_messages_far_apart_cost_two_entries_and_not_a_window()
    {
        var memory = new ReplayMemory();
        using var window = new ReplayWindow(memory);
        for (var author = 0; author < 1_024; author++)
        {
            Observe(window, author, 1);
            Observe(window, author, 513);
        }

        Assert.Equal(1_024 * (Author + (2 * Entry)), memory.Bytes);
        Assert.Equal(ReplayVerdict.Duplicate, Observe(window, 0, 1));
    }

    [Fact]
    public void A_full_window_takes_its_1024_entries_however_long_the_author_goes_on()
    {
        var memory = new ReplayMemory();
        using var window = new ReplayWindow(memory);
        for (ulong sequence = 1; sequence <= 5_000; sequence++)
        {
            Assert.Equal(ReplayVerdict.Fresh, Observe(window, 1, sequence));
        }

        Assert.Equal(Author + (1_024 * Entry), memory.Bytes);
    }

    [Fact]
    public void The_windows_of_all_topics_together_stay_within_the_limit()
    {
        var windows = Enumerable.Range(0, 50).Select(_ => new ReplayWindow(_memory)).ToList();
        var most = 0L;
        for (var author = 0; author < 200; author++)
        {
            foreach (var window in windows)
            {
                Observe(window, author, 1);
                most = Math.Max(most, _memory.Bytes);
            }
        }

        Assert.InRange(most, ReplayMemory.MinBytes - Author - Entry, ReplayMemory.MinBytes);
        windows.ForEach(window => window.Dispose());
        Assert.Equal(0, _memory.Bytes);
    }

    [Fact]
    public void At_the_limit_all_authors_are_remembered_and_one_beyond_it_the_one_heard_longest_ago_is_forgotten()
    {
        using var window = new ReplayWindow(_memory);
        const int Fit = (int)(ReplayMemory.MinBytes / (Author + Entry));
        for (var author = 0; author < Fit; author++)
        {
            Observe(window, author, 1);
        }

        Assert.Equal(ReplayVerdict.Duplicate, Observe(window, 0, 1)); // now author 1 is the one heard longest ago
        Observe(window, Fit, 1);

        Assert.Equal(ReplayVerdict.Duplicate, Observe(window, 0, 1));
        Assert.Equal(ReplayVerdict.Duplicate, Observe(window, Fit, 1));
        Assert.Equal(ReplayVerdict.Fresh, Observe(window, 1, 1));
    }

    [Fact]
    public void Whoever_floods_one_topic_makes_readers_forget_that_topic_alone()
    {
        using var quiet = new ReplayWindow(_memory);
        using var flooded = new ReplayWindow(_memory);
        Observe(quiet, 1, 1);
        for (var author = 0; author < 10_000; author++)
        {
            Observe(flooded, author, 1);
        }

        Assert.Equal(ReplayVerdict.Duplicate, Observe(quiet, 1, 1));
        Assert.Equal(ReplayVerdict.Fresh, Observe(flooded, 0, 1));
    }

    [Fact]
    public void A_memory_too_small_for_one_window_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReplayMemory(ReplayMemory.MinBytes - 1));

    [Fact]
    public void History_may_be_read_again_and_still_shows_who_used_a_sequence_twice()
    {
        using var history = new EquivocationHistory(_memory);
        for (var round = 0; round < 2; round++)
        {
            for (ulong sequence = 1; sequence <= 3_000; sequence++)
            {
                Assert.Null(history.Observe(KeyOf(1), 0, sequence, IdOf(1, sequence)));
            }

            var report = history.Observe(KeyOf(1), 0, 2_500, IdOf(2, 2_500));
            Assert.Equal(new EquivocationReport(KeyOf(1), 0, 2_500, IdOf(1, 2_500), IdOf(2, 2_500)), report);
        }

        // Read from the end backwards: what is near is remembered, whichever way it goes.
        for (ulong sequence = 1_500; sequence >= 1; sequence--)
        {
            Assert.Null(history.Observe(KeyOf(1), 0, sequence, IdOf(1, sequence)));
        }

        Assert.NotNull(history.Observe(KeyOf(1), 0, 1_000, IdOf(2, 1_000)));
        Assert.InRange(_memory.Bytes, 1, Author + (1_024 * Entry));
    }

    private static ReplayVerdict Observe(ReplayWindow window, int author, ulong sequence) =>
        window.Observe(KeyOf(author), 0, sequence, IdOf(author, sequence), out _);

    private static AuthorKey KeyOf(int author) => new(Number((ulong)author, 0));

    private static MessageId IdOf(int author, ulong sequence) => new(Number((ulong)author, sequence));

    private static Bytes32 Number(ulong first, ulong second)
    {
        var bytes = new byte[32];
        BitConverter.TryWriteBytes(bytes, first);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), second);
        return new Bytes32(bytes);
    }
}

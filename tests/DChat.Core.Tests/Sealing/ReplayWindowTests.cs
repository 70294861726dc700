using CsCheck;
using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Sealing;

namespace DChat.Core.Tests.Sealing;

public sealed class ReplayWindowTests : IDisposable
{
    private readonly ReplayWindow _window = new();

    public void Dispose() => _window.Dispose();

    [Fact]
    public void The_same_message_again_is_a_duplicate()
    {
        Assert.Equal(ReplayVerdict.Fresh, Observe(1, 5));
        Assert.Equal(ReplayVerdict.Duplicate, Observe(1, 5));
    }

    [Fact]
    public void Messages_may_come_in_any_order_within_the_window()
    {
        foreach (ulong sequence in new[] { 1024, 1, 512, 2, 1023 })
        {
            Assert.Equal(ReplayVerdict.Fresh, Observe(1, sequence));
        }
    }

    [Fact]
    public void The_window_spans_1024_sequences_and_what_is_below_is_too_old()
    {
        Assert.Equal(1024, ReplayWindow.Size);
        Observe(1, 5000);
        Assert.Equal(ReplayVerdict.Fresh, Observe(1, 5000 - 1023));
        Assert.Equal(ReplayVerdict.Duplicate, Observe(1, 5000 - 1023));
        Assert.Equal(ReplayVerdict.TooOld, Observe(1, 5000 - 1024));

        Observe(1, 5001);
        Assert.Equal(ReplayVerdict.TooOld, Observe(1, 5001 - 1024));
        Assert.Equal(ReplayVerdict.Duplicate, Observe(1, 5000));
    }

    [Fact]
    public void The_last_sequences_there_are_do_not_overflow()
    {
        Assert.Equal(ReplayVerdict.Fresh, Observe(1, ulong.MaxValue));
        Assert.Equal(ReplayVerdict.Fresh, Observe(1, ulong.MaxValue - 1023));
        Assert.Equal(ReplayVerdict.TooOld, Observe(1, ulong.MaxValue - 1024));
        Assert.Equal(ReplayVerdict.Duplicate, Observe(1, ulong.MaxValue));
    }

    [Fact]
    public void Two_messages_under_one_sequence_are_reported_with_both_ids()
    {
        _window.Observe(Author(1), 3, 7, Id(100), out _);

        var verdict = _window.Observe(Author(1), 3, 7, Id(200), out var report);

        Assert.Equal(ReplayVerdict.Equivocation, verdict);
        Assert.Equal(new EquivocationReport(Author(1), 3, 7, Id(100), Id(200)), report);
        Assert.Equal(ReplayVerdict.Duplicate, _window.Observe(Author(1), 3, 7, Id(100), out report));
        Assert.Null(report);
    }

    [Fact]
    public void Authors_and_key_generations_have_windows_of_their_own()
    {
        Observe(1, 9999);
        Assert.Equal(ReplayVerdict.Fresh, Observe(2, 1));
        Assert.Equal(ReplayVerdict.Fresh, _window.Observe(Author(1), 1, 1, Id(1), out _));
    }

    [Fact]
    public void Sequence_zero_does_not_exist() => Assert.Throws<ArgumentOutOfRangeException>(() => Observe(1, 0));

    [Fact]
    public void Any_order_of_messages_is_judged_as_by_a_window_that_remembers_everything()
    {
        var sequence = Gen.OneOf(Gen.ULong[1, 20], Gen.ULong[1, 3_000], Gen.ULong[2_000, 2_100]);
        Gen.Select(sequence, Gen.Int[0, 1]).Array[1, 200].Sample(
            messages =>
            {
                using var window = new ReplayWindow();
                var first = new Dictionary<ulong, int>();
                var newest = 0ul;
                foreach (var (number, variant) in messages)
                {
                    var expected = newest >= 1024 && number <= newest - 1024 ? ReplayVerdict.TooOld
                        : first.TryAdd(number, variant) ? ReplayVerdict.Fresh
                        : first[number] == variant ? ReplayVerdict.Duplicate : ReplayVerdict.Equivocation;
                    newest = Math.Max(newest, number);

                    Assert.Equal(expected, window.Observe(Author(1), 0, number, Id(((int)number * 2) + variant), out var report));
                    Assert.Equal(expected == ReplayVerdict.Equivocation, report is not null);
                }
            },
            iter: 1_000);
    }

    private ReplayVerdict Observe(int author, ulong sequence) => _window.Observe(Author(author), 0, sequence, Id((int)sequence), out _);

    private static AuthorKey Author(int number) => new(Number(number));

    private static MessageId Id(int number) => new(Number(number));

    private static Bytes32 Number(int number)
    {
        var bytes = new byte[32];
        BitConverter.TryWriteBytes(bytes, number);
        return new Bytes32(bytes);
    }
}

using System.Buffers;
using CsCheck;
using DChat.Libp2p.Multiformats;

namespace DChat.Libp2p.Tests.Primitives;

public sealed class UvarintTests
{
    [Theory]
    [InlineData(0UL, "00")]
    [InlineData(1UL, "01")]
    [InlineData(127UL, "7F")]
    [InlineData(128UL, "8001")]
    [InlineData(300UL, "AC02")]
    [InlineData(Uvarint.MaxValue, "FFFFFFFFFFFFFFFF7F")]
    public void A_value_is_written_in_its_shortest_form_and_read_back(ulong value, string hex)
    {
        var bytes = new byte[10];
        var length = Uvarint.Write(bytes, value);

        Assert.Equal(hex, Convert.ToHexString(bytes.AsSpan(0, length)));
        Assert.Equal(length, Uvarint.Length(value));
        Assert.Equal(OperationStatus.Done, Uvarint.TryRead(bytes.AsSpan(0, length), out var read, out var consumed));
        Assert.Equal((value, length), (read, consumed));
    }

    [Fact]
    public void Every_value_survives_a_round_trip_over_any_segmentation() =>
        Gen.Select(Gen.ULong[0, Uvarint.MaxValue], Gen.Int[0, 9]).Sample((value, cut) =>
        {
            var bytes = new byte[12];
            var length = Uvarint.Write(bytes, value);
            var sequence = Sequences.Split(bytes.AsMemory(0, length), Math.Min(cut, length));
            return Uvarint.TryRead(sequence, out var read, out var consumed) == OperationStatus.Done && read == value && consumed == length;
        });

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("FFFFFFFFFFFFFFFF")]
    public void A_value_cut_short_asks_for_more(string hex) =>
        Assert.Equal(OperationStatus.NeedMoreData, Uvarint.TryRead(Convert.FromHexString(hex), out _, out _));

    [Theory]
    [InlineData("8000")]
    [InlineData("FF8000")]
    [InlineData("FFFFFFFFFFFFFFFFFF01")]
    [InlineData("808080808080808080")]
    public void Padded_and_overlong_values_are_invalid(string hex) =>
        Assert.Equal(OperationStatus.InvalidData, Uvarint.TryRead(Convert.FromHexString(hex), out _, out _));
}

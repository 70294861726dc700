using DChat.Core.Shards;
using DChat.Core.Wire;
using DChat.Storage.Log.Local.Wal;

namespace DChat.Storage.Tests.Log.Local;

public sealed class WalFormatTests
{
    // RFC 3720, appendix B.4.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8A9136AA)]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", 0x62A8AB43)]
    [InlineData("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", 0x46DD794E)]
    [InlineData("313233343536373839", 0xE3069283)]
    public void The_checksum_is_that_of_the_standard(string bytes, uint expected) =>
        Assert.Equal(expected, Crc32C.Compute(Convert.FromHexString(bytes)));

    [Fact]
    public void A_file_header_has_the_bytes_of_the_documented_format()
    {
        var header = new WalFileHeader(new LogId(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")), 7, 0x0102030405060708, 9);
        var block = new byte[HeaderBlock.Length];
        header.Write(block);

        Assert.Equal("4443574C", Convert.ToHexString(block[..4]));
        Assert.Equal(
            "0100000007000000" + "33221100554477668899AABBCCDDEEFF" + "0807060504030201" + "0900000000000000",
            Convert.ToHexString(block[8..48]));
        Assert.Equal(0xFF, block[^1]);
        Assert.True(WalFileHeader.TryRead(block, out var read));
        Assert.Equal(header, read);
    }

    [Fact]
    public void A_frame_has_the_bytes_of_the_documented_format()
    {
        var buffer = new FrameBuffer();
        new byte[] { 1, 2, 3 }.CopyTo(buffer.Add(3, 1, out var first));
        new byte[] { 4 }.CopyTo(buffer.Add(1, 1, out var second));
        Assert.Equal((HeaderBlock.Length, HeaderBlock.Length + 3), (first, second));
        var frame = buffer.Seal(64, salt: 5, number: 6);

        Assert.Equal(128, frame.Length);
        Assert.Equal("44435746", Convert.ToHexString(frame[..4]));
        Assert.Equal("0500000000000000" + "0600000000000000" + "80000000", Convert.ToHexString(frame[8..28]));
        Assert.Equal("0200000000000000", Convert.ToHexString(frame[32..40]));
        Assert.Equal("01020304", Convert.ToHexString(frame[64..68]));
        Assert.Equal(0xFF, frame[^1]);
        Assert.True(FrameHeader.TryRead(frame, 5, out var header));
        Assert.True(header.Matches(frame));
        Assert.False(FrameHeader.TryRead(frame, 4, out _));
    }

    [Fact]
    public void A_frame_takes_as_many_bytes_as_fit_and_no_more()
    {
        var buffer = new FrameBuffer();
        var most = FrameHeader.MaxLength - HeaderBlock.Length - 1;

        Assert.True(buffer.HasRoom(most));
        Assert.False(buffer.HasRoom(most + 1));
        buffer.Add(most, 1, out _).Clear();
        Assert.False(buffer.HasRoom(1));
        Assert.Equal(FrameHeader.MaxLength, buffer.Seal(0, 1, 1).Length);
    }
}

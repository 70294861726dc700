using System.Buffers;
using System.Text;
using System.Text.Json;
using DChat.Libp2p.Protocols.RequestResponse;

namespace DChat.Libp2p.Tests.Protocols.RequestResponse;

public sealed class MessageCodecTests
{
    private static readonly IMessageCodec<Greeting> Json = MessageCodecs.Json(GreetingJson.Default.Greeting);

    [Fact]
    public void Bytes_go_as_they_are()
    {
        Assert.Equal("ff00", Hex(MessageCodecs.Bytes, new byte[] { 0xff, 0 }));
        Assert.Equal([0xff, 0], MessageCodecs.Bytes.Read(new byte[] { 0xff, 0 }).ToArray());
    }

    [Fact]
    public void Text_goes_as_utf8_without_a_mark()
    {
        Assert.Equal("c3a9", Hex(MessageCodecs.Text, "é"));
        Assert.Equal("é", MessageCodecs.Text.Read(new byte[] { 0xc3, 0xa9 }));
    }

    [Fact]
    public void Text_that_is_not_valid_is_refused_both_ways()
    {
        Assert.Throws<DecoderFallbackException>(() => MessageCodecs.Text.Read(new byte[] { 0xc3 }));
        Assert.Throws<EncoderFallbackException>(() => Hex(MessageCodecs.Text, "\ud800"));
    }

    [Fact]
    public void Json_goes_as_one_value()
    {
        Assert.Equal("""{"Text":"hi","Count":2}""", Encoding.UTF8.GetString(Convert.FromHexString(Hex(Json, new Greeting("hi", 2)))));
        Assert.Equal(new Greeting("hi", 2), Json.Read("""{ "Count": 2, "Text": "hi" }"""u8.ToArray()));
    }

    [Theory]
    [InlineData("null", typeof(Libp2pException))]
    [InlineData("{}{}", typeof(JsonException))]
    [InlineData("", typeof(JsonException))]
    [InlineData("[", typeof(JsonException))]
    public void Json_that_is_no_value_is_refused(string text, Type fault) =>
        Assert.Equal(fault, Record.Exception(() => Json.Read(Encoding.UTF8.GetBytes(text)))?.GetType());

    private static string Hex<T>(IMessageCodec<T> codec, T message)
    {
        var output = new ArrayBufferWriter<byte>();
        codec.Write(output, message);
        return Convert.ToHexStringLower(output.WrittenSpan);
    }
}

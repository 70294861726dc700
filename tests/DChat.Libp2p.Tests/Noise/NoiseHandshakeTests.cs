using DChat.Libp2p.Noise;

namespace DChat.Libp2p.Tests.Noise;

public sealed class NoiseHandshakeTests
{
    [Fact]
    public void The_transcript_is_the_golden_one()
    {
        using var initiator = new NoiseHandshake(isInitiator: true, Key(1), Key(2));
        using var responder = new NoiseHandshake(isInitiator: false, Key(3), Key(4));

        var a = initiator.WriteFirst([]);
        Assert.Empty(responder.ReadFirst(a));
        var b = responder.WriteSecond("resp"u8);
        Assert.Equal("resp"u8, initiator.ReadSecond(b));
        var c = initiator.WriteThird("init"u8);
        Assert.Equal("init"u8, responder.ReadThird(c));

        Assert.Equal("ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d59", Convert.ToHexStringLower(a));
        Assert.Equal(
            "ac01b2209e86354fb853237b5de0f4fab13c7fcbf433a61c019369617fecf10bb719b14d19eaf5ca91c89748c5ce8668e6864f05ee2367682b3e0c2fd086f0b4f64162733f3fe548251c518fe8c03cced86cd8125d8cbc32cc4d3acd5379ed88530b53fd",
            Convert.ToHexStringLower(b));
        Assert.Equal(
            "539a5cf3ae8a0a9134b32bfa775a1522db3558a1351ed4101989b8b88aa6a6f003ca12093fd0c1da0a742184ed0dd1472e0cdd5f1f148bf56228b371db8fb39d01b1334d",
            Convert.ToHexStringLower(c));
        Assert.Equal("80df2ee5b60b628804d53e9369b729cbb7bfbb617d86adefdc3a17e97d72710c", Convert.ToHexStringLower(initiator.Hash));
        Assert.Equal("80df2ee5b60b628804d53e9369b729cbb7bfbb617d86adefdc3a17e97d72710c", Convert.ToHexStringLower(responder.Hash));
        AssertTransport(initiator, responder);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Changing_any_byte_of_a_message_fails_the_handshake(int message)
    {
        var length = Transcript(message, flip: -1).Length;
        for (var i = 0; i < length; i++)
        {
            Assert.ThrowsAny<Libp2pException>(() => Transcript(message, i));
        }
    }

    [Fact]
    public void A_public_key_of_low_order_is_refused()
    {
        using var responder = new NoiseHandshake(isInitiator: false, Key(3), Key(4));
        responder.ReadFirst(new byte[32]);
        var fault = Assert.Throws<Libp2pException>(() => responder.WriteSecond([]));
        Assert.Equal(Libp2pErrorCodes.HandshakeFailed, fault.Code);
    }

    [Fact]
    public void Messages_cut_short_are_refused()
    {
        using var responder = new NoiseHandshake(isInitiator: false, Key(3), Key(4));
        Assert.Throws<Libp2pException>(() => responder.ReadFirst(new byte[31]));
        using var initiator = new NoiseHandshake(isInitiator: true, Key(1), Key(2));
        initiator.WriteFirst([]);
        Assert.Throws<Libp2pException>(() => initiator.ReadSecond(Key(4).PublicKey));
    }

    private static NoiseKeyPair Key(byte seed) => NoiseKeyPair.FromSeed(Enumerable.Repeat(seed, 32).ToArray());

    private static void AssertTransport(NoiseHandshake initiator, NoiseHandshake responder)
    {
        byte[] send = new byte[32], receive = new byte[32], remoteSend = new byte[32], remoteReceive = new byte[32];
        initiator.Split(send, receive);
        responder.Split(remoteSend, remoteReceive);
        Assert.Equal("013155fc61857be164b5250358a116758f5d20cf2d867365b23a4e428020d685", Convert.ToHexStringLower(send));
        Assert.Equal("59b596b4192418d0f86a61c07a944f38a15c30dda5b4659b5500eacd809cd853", Convert.ToHexStringLower(receive));
        Assert.Equal(send, remoteReceive);
        Assert.Equal(receive, remoteSend);

        using var cipher = new NoiseCipher(send);
        var hello = new byte[21];
        cipher.Encrypt("hello"u8, hello);
        Assert.Equal("f5c8fdccae8939c5a6d0d9be2753d6cf345c85961d", Convert.ToHexStringLower(hello));
    }

    /// <summary>Runs the handshake with one byte of one message flipped, and returns that message.</summary>
    private static byte[] Transcript(int message, int flip)
    {
        using var initiator = new NoiseHandshake(isInitiator: true, Key(1), Key(2));
        using var responder = new NoiseHandshake(isInitiator: false, Key(3), Key(4));
        var a = Flip(initiator.WriteFirst([]), message == 1 ? flip : -1);
        responder.ReadFirst(a);
        var b = Flip(responder.WriteSecond("resp"u8), message == 2 ? flip : -1);
        initiator.ReadSecond(b);
        var c = Flip(initiator.WriteThird("init"u8), message == 3 ? flip : -1);
        responder.ReadThird(c);
        return message == 1 ? a : message == 2 ? b : c;
    }

    private static byte[] Flip(byte[] message, int at)
    {
        if (at >= 0)
        {
            message[at] ^= 0x01;
        }

        return message;
    }
}

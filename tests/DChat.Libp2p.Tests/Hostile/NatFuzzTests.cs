using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.AutoNat.Wire;
using DChat.Libp2p.Protocols.Dcutr;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Decoders of AutoNAT and DCUtR; see <see cref="Fuzzer"/>.</summary>
public sealed class NatFuzzTests
{
    private static readonly Multiaddr[] Addresses = [Multiaddr.Parse("/ip4/1.2.3.4/tcp/5"), Multiaddr.Parse("/dns4/a/tcp/6/ws")];

    [Fact]
    public void Messages_of_dial_requests()
    {
        AutoNatMessage[] corpus =
        [
            new AutoNatMessage.Request(Addresses, ulong.MaxValue),
            new AutoNatMessage.Response(ResponseStatus.Ok, 1, DialStatus.DialError),
            new AutoNatMessage.DataRequest(1, 100_000),
            new AutoNatMessage.Data(20),
        ];
        Fuzzer.Run([.. corpus.Select(m => m.Encode())], input =>
        {
            if (AutoNatMessage.TryDecode(input.Span, out var message))
            {
                Assert.True(message is not AutoNatMessage.Request { Addresses.Count: > AutoNatMessage.MaxAddresses });
                Assert.True(message is not AutoNatMessage.Data data || data.Length <= input.Length);
                var sent = message.Encode();
                Assert.True(AutoNatMessage.TryDecode(sent, out var again));
                Assert.Equal(sent, again.Encode());
            }
        });
    }

    [Fact]
    public void Messages_of_dial_backs() => Fuzzer.Run([DialBackMessage.Encode(0x0102030405060708), [0x08, 0x00]], input =>
    {
        if (DialBackMessage.TryDecode(input.Span, out var nonce))
        {
            Assert.True(DialBackMessage.TryDecode(DialBackMessage.Encode(nonce), out var again));
            Assert.Equal((nonce, nonce == 0), (again, DialBackMessage.IsOk(input.Span)));
        }
        else
        {
            Assert.False(DialBackMessage.IsOk(input.Span));
        }
    });

    [Fact]
    public void Messages_of_hole_punching()
    {
        Fuzzer.Run([new DcutrMessage(DcutrMessage.Connect, Addresses).Encode(), new DcutrMessage(DcutrMessage.Sync, []).Encode()], input =>
        {
            if (DcutrMessage.TryDecode(input.Span, out var message))
            {
                Assert.InRange(message.Addresses.Count, 0, DcutrMessage.MaxAddresses);
                var sent = message.Encode();
                Assert.True(sent.Length <= DcutrMessage.MaxLength);
                Assert.True(DcutrMessage.TryDecode(sent, out var again));
                Assert.Equal(sent, again.Encode());
            }
        });
    }
}

using System.Buffers;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Decoders of Kademlia; see <see cref="Fuzzer"/>.</summary>
public sealed class KadFuzzTests
{
    private static readonly Multiaddr Address = Multiaddr.Parse("/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");

    [Fact]
    public void Messages()
    {
        KadPeer[] peers = [new(Address.Peer!, [Address.WithoutPeer()]), new(Address.Peer!, [])];
        var request = new KadMessage(KadMessageType.PutValue) { Key = "/v/a"u8.ToArray(), Record = new KadRecord("/v/a"u8.ToArray(), "b"u8.ToArray(), "2026-01-01T00:00:00Z") };
        var answer = new KadMessage(KadMessageType.GetProviders) { Key = "k"u8.ToArray(), CloserPeers = peers, ProviderPeers = peers };
        Fuzzer.Run([Encode(request), Encode(answer)], input =>
        {
            // What was taken can be sent on, and is then taken again as it was.
            if (KadMessageReader.TryRead(input.Span, out var message))
            {
                var sent = Encode(message);
                Assert.True(KadMessageReader.TryRead(sent, out var again));
                Assert.Equal(sent, Encode(again));
            }
        });
    }

    private static byte[] Encode(KadMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        KadMessageWriter.Write(output, message);
        var framed = new ReadOnlySequence<byte>(output.WrittenMemory);
        Assert.True(LengthPrefixed.TryRead(ref framed, KadMessage.MaxSent, out var protobuf));
        return protobuf.ToArray();
    }
}

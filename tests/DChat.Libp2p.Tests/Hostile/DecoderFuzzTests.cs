using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Negotiation;
using DChat.Libp2p.Noise;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.Gossipsub;
using DChat.Libp2p.Protocols.Gossipsub.Routing;
using DChat.Libp2p.Protocols.Gossipsub.Wire;
using DChat.Libp2p.Protocols.Identify;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Tests.Identity;
using DChat.Libp2p.Wire;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>
/// Every decoder against good input, mutated: it may refuse by its own kind of exception, and do nothing else. Together
/// a million inputs; DCHAT_FUZZ_FACTOR multiplies them, DCHAT_FUZZ_SEED changes them.
/// </summary>
public sealed class DecoderFuzzTests
{
    private static readonly int Factor = int.Parse(Environment.GetEnvironmentVariable("DCHAT_FUZZ_FACTOR") ?? "1", CultureInfo.InvariantCulture);
    private static readonly int Seed = int.Parse(Environment.GetEnvironmentVariable("DCHAT_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);
    private static readonly Multiaddr Address = Multiaddr.Parse("/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");

    [Fact]
    public void Uvarint() => Fuzz(200_000, [[0x01], [0xac, 0x02], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]], input =>
    {
        if (DChat.Libp2p.Multiformats.Uvarint.TryRead(input, out var value, out var consumed) == OperationStatus.Done)
        {
            Assert.Equal(consumed, DChat.Libp2p.Multiformats.Uvarint.Length(value));
        }
    });

    [Fact]
    public void Multiaddresses() => Fuzz(200_000, [Address.Bytes.ToArray(), Multiaddr.Parse("/unix/a/b").Bytes.ToArray(), Multiaddr.Parse("/dns/a.b/tcp/1/tls/ws").Bytes.ToArray()], input =>
    {
        if (Multiaddr.TryDecode(input, out var address))
        {
            Assert.True(address.Bytes.Span.SequenceEqual(input));

            // What can be read can be written and parsed again, unless padding of an inner varint was dropped.
            Assert.True(Multiaddr.TryParse(address.ToString(), out _), address.ToString());
        }
    });

    [Fact]
    public void Address_text() => FuzzText(100_000, [Address.ToString(), "/ip6/fe80::1/udp/1/quic-v1", "/dns4/example.com/tcp/443/wss"], text =>
    {
        if (Multiaddr.TryParse(text, out var address))
        {
            Assert.Equal(address, Multiaddr.Parse(address.ToString()));
        }
    });

    [Fact]
    public void Peer_id_text() => FuzzText(100_000, ["12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq", "bafzaajaiaejcahwr5d5ofrfbis4l5d6uwr57hu5tjodrypfm6yaq6dsc2r2pzyt6"], text =>
    {
        if (PeerId.TryParse(text, out var peer))
        {
            Assert.Equal(peer, PeerId.Parse(peer.ToString()));
        }
    });

    [Fact]
    public void Public_keys() => Fuzz(50_000, [Convert.FromHexString(SpecKeys.Ed25519Public), Convert.FromHexString(SpecKeys.EcdsaPublic)], input => PublicKey.TryDecode(input, out _));

    [Fact]
    public void Signed_records()
    {
        using var key = SpecKeys.Ed25519();
        Fuzz(20_000, [new PeerRecord(key.Peer, 1, [Address]).Sign(key).Encode()], input => PeerRecord.TryOpen(input, out _));
    }

    [Fact]
    public void Identify_messages() => Fuzz(150_000, [Identify().Encode()], input => IdentifyMessage.TryMerge(new IdentifyMessage(), input, out _));

    [Fact]
    public void Noise_payloads()
    {
        using var key = SpecKeys.Ed25519();
        var staticKey = new byte[32];
        var payload = NoisePayload.Encode(key.PublicKey, NoisePayload.Sign(key, staticKey), ["/yamux/1.0.0"]);
        Fuzz(20_000, [payload], input => NoisePayload.Open(input, staticKey));
    }

    [Fact]
    public void Noise_frames() => Fuzz(100_000, [[0, 5, 1, 2, 3, 4, 5, 0, 0], [0, 0], [255, 255, 1]], input =>
    {
        var buffer = Sequences.Split(input.ToArray(), input.Length / 2);
        while (NoiseFraming.TryRead(ref buffer, 1000, out _))
        {
            // Until no whole message is left.
        }
    });

    [Fact]
    public void Length_prefixes() => Fuzz(50_000, [[3, 1, 2, 3, 0, 1, 9], [0x80, 0x01, 1]], input =>
    {
        var buffer = Sequences.Split(input.ToArray(), input.Length / 3);
        while (LengthPrefixed.TryRead(ref buffer, 1000, out _))
        {
            // Until no whole message is left.
        }
    });

    [Fact]
    public void Gossip_rpcs()
    {
        using var key = SpecKeys.Ed25519();
        var topics = new ConcurrentDictionary<string, TopicPolicy>
        {
            ["t"] = TopicPolicy.Of(GossipSignaturePolicy.StrictNoSign, null),
            ["s"] = TopicPolicy.Of(GossipSignaturePolicy.StrictSign, null),
        };
        var inbox = new GossipInbox(topics, 1000, key.Peer, new GossipCounters());
        var (reader, writer) = (new GossipRpcReader(), new GossipRpcWriter());
        Fuzz(100_000, [GossipRpcs(key)], input =>
        {
            if (inbox.Open(input) is null)
            {
                return;
            }

            // What was taken can be sent on, and is then taken again as it was.
            foreach (var packet in inbox.Check(input).ToArray())
            {
                var batch = new GossipBatch();
                batch.Packets.Add(packet);
                var output = new ArrayBufferWriter<byte>();
                var sent = writer.Write(output, batch);
                Assert.Single(reader.Read(output.WrittenSpan[^sent..])!.Messages);
                Assert.NotNull(inbox.Open(packet.Frame.Span));
                Assert.Equal(packet.Id, Assert.Single(inbox.Candidates).Id);
            }
        });
    }

    [Fact]
    public void Kad_messages()
    {
        KadPeer[] peers = [new(Address.Peer!, [Address.WithoutPeer()]), new(Address.Peer!, [])];
        var request = new KadMessage(KadMessageType.PutValue) { Key = "/v/a"u8.ToArray(), Record = new KadRecord("/v/a"u8.ToArray(), "b"u8.ToArray(), "2026-01-01T00:00:00Z") };
        var answer = new KadMessage(KadMessageType.GetProviders) { Key = "k"u8.ToArray(), CloserPeers = peers, ProviderPeers = peers };
        Fuzz(100_000, [Encode(request), Encode(answer)], input =>
        {
            // What was taken can be sent on, and is then taken again as it was.
            if (KadMessageReader.TryRead(input, out var message))
            {
                var sent = Encode(message);
                Assert.True(KadMessageReader.TryRead(sent, out var again));
                Assert.Equal(sent, Encode(again));
            }
        });

        static byte[] Encode(KadMessage message)
        {
            var output = new ArrayBufferWriter<byte>();
            KadMessageWriter.Write(output, message);
            var framed = new ReadOnlySequence<byte>(output.WrittenMemory);
            Assert.True(LengthPrefixed.TryRead(ref framed, KadMessage.MaxSent, out var protobuf));
            return protobuf.ToArray();
        }
    }

    [Fact]
    public async Task Multistream_select()
    {
        var good = "\u0013/multistream/1.0.0\n\u0005/x/1\n\u0003ls\n\u0005/a/1\n"u8.ToArray();
        var random = new Random(Seed);
        for (var i = 0; i < 5_000 * Factor; i++)
        {
            var (near, far) = Pipes.CreatePair();
            await near.Output.WriteAsync(Mutate(random, good), TestContext.Current.CancellationToken);
            await near.DisposeAsync();
            await RefusesAsync(() => MultistreamSelect.ListenAsync(far, p => p == "/a/1", () => ["/a/1"], TestContext.Current.CancellationToken).AsTask());
        }
    }

    [Fact]
    public async Task Yamux_sessions()
    {
        var frames = new byte[][]
        {
            Frame(YamuxType.WindowUpdate, YamuxFlags.Syn, 1, 0), Frame(YamuxType.Data, YamuxFlags.None, 1, 5), [1, 2, 3, 4, 5],
            Frame(YamuxType.Ping, YamuxFlags.Syn, 0, 7), Frame(YamuxType.WindowUpdate, YamuxFlags.Fin, 1, 0), Frame(YamuxType.GoAway, YamuxFlags.None, 0, 0),
        };
        byte[] good = [.. frames.SelectMany(f => f)];
        var random = new Random(Seed);
        for (var i = 0; i < 5_000 * Factor; i++)
        {
            var (near, far) = Pipes.CreatePair();
            var session = new YamuxSession(far, far, isInitiator: false, new YamuxOptions(), TimeProvider.System);
            session.Start();
            await near.Output.WriteAsync(Mutate(random, good), TestContext.Current.CancellationToken);
            await near.DisposeAsync();
            Assert.IsType<Libp2pException>(await session.Completion.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        }
    }

    private static byte[] Frame(YamuxType type, YamuxFlags flags, uint id, uint length)
    {
        var bytes = new byte[YamuxHeader.Size];
        new YamuxHeader(type, flags, id, length).Write(bytes);
        return bytes;
    }

    private static byte[] GossipRpcs(PrivateKey key)
    {
        var batch = new GossipBatch();
        batch.Subscriptions.Add(("t", true));
        batch.MeshChanges.AddRange([("t", null), ("s", TimeSpan.FromSeconds(60))]);
        GossipMessageId[] ids = [new("one"u8), new("two"u8)];
        batch.Gossip.AddRange([new(GossipKind.Ihave, "t", ids), new(GossipKind.Iwant, null, ids), new(GossipKind.Idontwant, null, ids)]);
        batch.Packets.Add(GossipPacket.Create(ids[0], "t", "hello"u8));
        batch.Packets.Add(GossipSignature.Sign(key, GossipMessageIds.OfAuthor, "s", "hello"u8, 1));
        var output = new ArrayBufferWriter<byte>();
        var length = new GossipRpcWriter().Write(output, batch);
        return output.WrittenSpan[^length..].ToArray();
    }

    private static IdentifyMessage Identify() => new()
    {
        PublicKey = [1, 2],
        ListenAddresses = [Address],
        Protocols = ["/a", "/b"],
        ObservedAddress = Address,
        AgentVersion = "a",
        ProtocolVersion = "p",
        SignedPeerRecord = [3, 4],
    };

    private static void Fuzz(int count, byte[][] corpus, Action<byte[]> decode)
    {
        var random = new Random(Seed);
        for (var i = 0; i < count * Factor; i++)
        {
            var input = Mutate(random, corpus[random.Next(corpus.Length)]);
            try
            {
                decode(input);
            }
            catch (Libp2pException)
            {
                // The right way to refuse.
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {Seed}, input {i}, {Convert.ToHexString(input)}: {e}");
            }
        }
    }

    private static void FuzzText(int count, string[] corpus, Action<string> parse) =>
        Fuzz(count, [.. corpus.Select(System.Text.Encoding.Latin1.GetBytes)], input => parse(System.Text.Encoding.Latin1.GetString(input)));

    private static async Task RefusesAsync(Func<Task> decode)
    {
        try
        {
            await decode();
        }
        catch (Exception e) when (e is Libp2pException or IOException)
        {
            // The right ways to refuse; the second is the pipe's, which the other end has closed.
        }
    }

    /// <summary>Up to four changes: a bit, a byte, a cut, a repetition, an insertion.</summary>
    private static byte[] Mutate(Random random, byte[] good)
    {
        var bytes = new List<byte>(good);
        for (var n = random.Next(1, 5); n > 0 && bytes.Count > 0; n--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, random.Next(bytes.Count - at)); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(16, bytes.Count - at))); break;
                default: bytes.Insert(at, (byte)random.Next(256)); break;
            }
        }

        return [.. bytes];
    }
}

using DChat.Libp2p.Negotiation;
using DChat.Libp2p.Noise;
using DChat.Libp2p.Tests.Identity;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Decoders of what arrives on a connection before any protocol hears of it; see <see cref="Fuzzer"/>.</summary>
public sealed class ConnectionFuzzTests
{
    private const int MaxMessage = 1000;

    [Fact]
    public void Length_prefixes() => Fuzzer.Run([[3, 1, 2, 3, 0, 1, 9], [0x80, 0x01, 1]], input =>
    {
        var buffer = Sequences.Split(input, input.Length / 3);
        while (LengthPrefixed.TryRead(ref buffer, MaxMessage, out var message))
        {
            Assert.InRange(message.Length, 0, MaxMessage);
        }
    });

    [Fact]
    public void Proposals_of_dialers() => Fuzzer.Run(["\u0013/multistream/1.0.0\n\u0005/x/1\n\u0003ls\n\u0005/a/1\n"u8.ToArray()], input =>
        Finish(MultistreamSelect.ListenAsync(new OneWay(input), p => p == "/a/1", () => ["/a/1"])));

    [Fact]
    public void Answers_of_listeners() => Fuzzer.Run(
        ["\u0013/multistream/1.0.0\n\u0003na\n\u0005/b/1\n"u8.ToArray(), "\u0013/multistream/1.0.0\n\u0005/a/1\n"u8.ToArray()],
        input => Assert.StartsWith("/", Finish(MultistreamSelect.SelectAsync(new OneWay(input), ["/a/1", "/b/1"])), StringComparison.Ordinal));

    [Fact]
    public void Noise_frames() => Fuzzer.Run([[0, 5, 1, 2, 3, 4, 5, 0, 0], [0, 0], [255, 255, 1]], input =>
    {
        var buffer = Sequences.Split(input, input.Length / 2);
        while (NoiseFraming.TryRead(ref buffer, MaxMessage, out var message))
        {
            Assert.InRange(message.Length, 0, MaxMessage);
        }
    });

    [Fact]
    public void Noise_payloads()
    {
        using var key = SpecKeys.Ed25519();
        var (staticKey, peer) = (new byte[32], key.Peer);
        var good = NoisePayload.Encode(key.PublicKey, NoisePayload.Sign(key, staticKey), ["/yamux/1.0.0"]);
        Fuzzer.Run([good], input => Assert.Equal(peer, NoisePayload.Open(input.Span, staticKey).Identity.Peer));
    }

    [Fact]
    public void Noise_streams()
    {
        var (key, plaintext, frames) = (new byte[32], Pipes.Pattern(200), new MemoryStream());
        using (var cipher = new NoiseCipher(key))
        using (var stream = new NoiseStream(new OneWay(default, frames), cipher, cipher))
        {
            Finish(stream.WriteAsync(plaintext.AsMemory(0, 50), TestContext.Current.CancellationToken));
            Finish(stream.WriteAsync(plaintext.AsMemory(50), TestContext.Current.CancellationToken));
        }

        Fuzzer.Run([frames.ToArray()], input =>
        {
            using var stream = new NoiseStream(new OneWay(input), new NoiseCipher(key), new NoiseCipher(key));
            for (int length, total = 0; (length = Read(stream, out var bytes)) > 0; total += length)
            {
                // What it gives out is what was sent, as far as it comes.
                Assert.True(bytes.AsSpan(0, length).SequenceEqual(plaintext.AsSpan(total, length)));
            }
        });
    }

    [Fact]
    public void First_messages_of_noise() => Fuzzer.Run([First()], input =>
    {
        using var responder = new NoiseHandshake(isInitiator: false, Key(3), Key(4));
        Assert.True(responder.ReadFirst(input.Span).AsSpan().SequenceEqual(input.Span[32..]));
    });

    [Fact]
    public void Second_messages_of_noise()
    {
        var (key, good) = (Key(1), Answer(First()).Message);
        Fuzzer.Run([good], input =>
        {
            using var initiator = new NoiseHandshake(isInitiator: true, key, Key(2));
            initiator.WriteFirst([]);

            // The responder's own, or none.
            Assert.Equal("second"u8, initiator.ReadSecond(input.Span));
        }, inputs: 3000);
    }

    [Fact]
    public void Third_messages_of_noise()
    {
        var first = First();
        using var initiator = new NoiseHandshake(isInitiator: true, Key(1), Key(2));
        initiator.WriteFirst([]);
        initiator.ReadSecond(Answer(first).Message);
        var good = initiator.WriteThird("third"u8);
        Fuzzer.Run([good], input =>
        {
            using var responder = Answer(first).Handshake;
            Assert.Equal("third"u8, responder.ReadThird(input.Span));
        }, inputs: 1000);
    }

    [Fact]
    public void First_answers_of_listeners() => Fuzzer.Run(
        ["\u0013/multistream/1.0.0\n\u0005/a/1\n"u8.ToArray(), "\u0013/multistream/1.0.0\n\u0003na\n"u8.ToArray()],
        input => Finish(MultistreamSelect.ReadFirstAnswerAsync(new OneWay(input).Input, "/a/1", default)));

    private static NoiseKeyPair Key(byte seed) => NoiseKeyPair.FromSeed([.. Enumerable.Repeat(seed, 32)]);

    private static byte[] First()
    {
        using var initiator = new NoiseHandshake(isInitiator: true, Key(1), Key(2));
        return initiator.WriteFirst([]);
    }

    private static (NoiseHandshake Handshake, byte[] Message) Answer(byte[] first)
    {
        var responder = new NoiseHandshake(isInitiator: false, Key(3), Key(4));
        responder.ReadFirst(first);
        return (responder, responder.WriteSecond("second"u8));
    }

    private static int Read(NoiseStream stream, out byte[] bytes) => Finish(stream.ReadAsync(bytes = new byte[1000]));

    /// <summary>The result of what never waits, since all its input is there.</summary>
    private static T Finish<T>(ValueTask<T> done)
    {
        Assert.True(done.IsCompleted, "It waits for more than there is.");
        return done.Result;
    }

    private static void Finish(ValueTask done)
    {
        Assert.True(done.IsCompleted, "It waits for a writer that never does.");
        done.GetAwaiter().GetResult();
    }
}

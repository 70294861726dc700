using CsCheck;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Envelopes;

public sealed class EnvelopeRoundTripTests
{
    // Plaintext sizes less the 108 bytes before the content: the longest content of each bucket.
    private static readonly int[] BucketEdges = [148, 404, 916, 1940, 3988, 8084, 16_276, 32_660, 60_948];

    [Fact]
    public void A_message_opens_as_it_was_sealed()
    {
        using var device = Given.Device();
        using var sealer = Given.Sealer(keyGeneration: 3);
        using var opener = new EnvelopeOpener(Given.Topic);
        var composedAt = Given.Now.AddMilliseconds(-1234);

        var envelope = sealer.Seal(42, Given.Hlc(counter: 7), RetentionClass.ThirtyDays, composedAt, "hello"u8);
        var result = opener.Open(envelope);

        Assert.Equal(OpenStatus.Opened, result.Status);
        Assert.True(result.IsOpened);
        Assert.Equal(MessageId.Compute(envelope), result.Message.MessageId);
        Assert.Equal(device.PublicKey, result.Message.DeviceKey);
        Assert.Equal(sealer.Author, result.Message.AuthorKey);
        Assert.Equal(3u, result.Message.KeyGeneration);
        Assert.Equal(42ul, result.Message.Sequence);
        Assert.Equal(Given.Hlc(counter: 7), result.Message.Hlc);
        Assert.Equal(RetentionClass.ThirtyDays, result.Message.Class);
        Assert.Equal(composedAt, result.Message.ComposedAt);
        Assert.Equal("hello"u8, result.Message.Content.Span);
    }

    [Fact]
    public void Content_of_every_length_around_every_bucket_edge_comes_back()
    {
        using var sealer = Given.Sealer();
        using var opener = new EnvelopeOpener(Given.Topic);
        foreach (var edge in BucketEdges)
        {
            foreach (var length in new[] { 0, edge - 1, edge, edge + 1 }.Where(length => length <= EnvelopeSealer.MaxContentLength))
            {
                var content = Given.Bytes(length, 0xA5);
                var result = opener.Open(sealer.Seal(1, Given.Hlc(), RetentionClass.OneDay, Given.Now, content));
                Assert.True(result.IsOpened, $"length {length}: {result.Status}");
                Assert.Equal(content, result.Message.Content.Span);
            }
        }
    }

    [Fact]
    public void A_ciphertext_tells_only_the_bucket_of_its_content()
    {
        var shortest = 0;
        foreach (var edge in BucketEdges)
        {
            Assert.Equal(CiphertextLength(shortest), CiphertextLength(edge));
            Assert.Equal(edge + 108 + 16, CiphertextLength(edge));
            shortest = edge + 1;
        }
    }

    [Fact]
    public void The_largest_content_fits_under_the_longest_network_name_and_permit()
    {
        var topic = Topic.CreatePrivate(new string('n', NetworkName.MaxLength), "big");
        using var sealer = Given.Sealer(topic: topic, keyGeneration: uint.MaxValue);
        using var opener = new EnvelopeOpener(topic);
        var content = Given.Bytes(EnvelopeSealer.MaxContentLength, 1);
        var permit = Given.Bytes(EnvelopeLimits.MaxPermitLength, 2);

        var envelope = sealer.Seal(ulong.MaxValue, new(ulong.MaxValue), RetentionClass.Permanent, Given.Now, content, permit);

        Assert.InRange(envelope.Length, 1, EnvelopeLimits.MaxBytes);
        Assert.Equal(content, opener.Open(envelope).Message!.Content.Span);
        Assert.Equal(60_948, EnvelopeSealer.MaxContentLength);
    }

    [Fact]
    public void What_is_out_of_range_is_not_sealed()
    {
        using var sealer = Given.Sealer();
        var content = new byte[EnvelopeSealer.MaxContentLength + 1];
        var permit = new byte[EnvelopeLimits.MaxPermitLength + 1];
        Refused("sequence", () => sealer.Seal(0, Given.Hlc(), RetentionClass.OneDay, Given.Now, []));
        Refused("retention", () => sealer.Seal(1, Given.Hlc(), 0, Given.Now, []));
        Refused("retention", () => sealer.Seal(1, Given.Hlc(), RetentionClass.Permanent + 1, Given.Now, []));
        Refused("content", () => sealer.Seal(1, Given.Hlc(), RetentionClass.OneDay, Given.Now, content));
        Refused("permit", () => sealer.Seal(1, Given.Hlc(), RetentionClass.OneDay, Given.Now, [], permit));
    }

    [Fact]
    public void The_same_message_sealed_twice_shares_no_ciphertext()
    {
        Assert.NotEqual(Forge.BodyOf(Given.Envelope()).Nonce, Forge.BodyOf(Given.Envelope()).Nonce);
        Assert.NotEqual(Forge.BodyOf(Given.Envelope()).Ciphertext, Forge.BodyOf(Given.Envelope()).Ciphertext);
    }

    [Fact]
    public void Any_content_at_any_time_comes_back()
    {
        using var sealer = Given.Sealer();
        using var opener = new EnvelopeOpener(Given.Topic);
        Gen.Select(Gen.Byte.Array[0, 3000], Gen.ULong[1, ulong.MaxValue], Gen.ULong, Gen.DateTimeOffset).Sample(
            (content, sequence, hlc, composedAt) =>
            {
                var message = opener.Open(sealer.Seal(sequence, new(hlc), RetentionClass.OneDay, composedAt, content)).Message;
                Assert.NotNull(message);
                Assert.Equal(content, message.Content.Span);
                Assert.Equal(sequence, message.Sequence);
                Assert.Equal(hlc, message.Hlc.Value);
                Assert.Equal(composedAt.ToUnixTimeMilliseconds(), message.ComposedAt.ToUnixTimeMilliseconds());
            },
            iter: 500);
    }

    [Fact]
    public void The_first_and_the_last_moment_of_the_calendar_come_back()
    {
        using var sealer = Given.Sealer();
        using var opener = new EnvelopeOpener(Given.Topic);
        foreach (var moment in new[] { DateTimeOffset.MinValue, DateTimeOffset.MaxValue })
        {
            var message = opener.Open(sealer.Seal(1, Given.Hlc(), RetentionClass.OneDay, moment, [])).Message;
            Assert.Equal(moment.ToUnixTimeMilliseconds(), message!.ComposedAt.ToUnixTimeMilliseconds());
        }
    }

    [Fact]
    public void A_disposed_sealer_or_opener_says_so()
    {
        var sealer = Given.Sealer();
        sealer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => sealer.Seal(1, Given.Hlc(), RetentionClass.OneDay, Given.Now, []));

        var opener = new EnvelopeOpener(Given.Topic);
        opener.Dispose();
        Assert.Throws<ObjectDisposedException>(() => opener.Open(Given.Envelope()));
    }

    private static int CiphertextLength(int contentLength)
    {
        using var sealer = Given.Sealer();
        var envelope = sealer.Seal(1, Given.Hlc(), RetentionClass.OneDay, Given.Now, new byte[contentLength]);
        return Forge.BodyOf(envelope).Ciphertext.Length;
    }

    private static void Refused(string parameter, Action seal) =>
        Assert.Equal(parameter, Assert.Throws<ArgumentOutOfRangeException>(seal).ParamName);
}

using Dchat.V1;
using DChat.Core.Identity;
using DChat.Core.Messages;
using DChat.Core.Topics;
using Google.Protobuf;
using Envelope = DChat.Core.Messages.Envelope;
using RetentionClass = DChat.Core.Messages.RetentionClass;

namespace DChat.Core.Tests.Messages;

/// <summary>
/// Whoever changes an envelope cannot sign it again, and an author who signs another header cannot pass off the old
/// payload under it.
/// </summary>
public sealed class EnvelopeTamperingTests
{
    private static readonly AuthorKey Author = AuthorOf(Given.Topic);

    public static TheoryData<string, OpenStatus> HeaderFields => new()
    {
        { "network", OpenStatus.NotThisTopic },
        { "topic tag", OpenStatus.NotThisTopic },
        { "sequence", OpenStatus.Undecipherable },
        { "hlc", OpenStatus.Undecipherable },
        { "class", OpenStatus.Undecipherable },
        { "key generation", OpenStatus.Undecipherable },
        { "nonce", OpenStatus.Undecipherable },
        { "ciphertext", OpenStatus.Undecipherable },
        { "permit added", OpenStatus.Undecipherable },
    };

    [Theory]
    [MemberData(nameof(HeaderFields))]
    public void A_changed_field_fails_even_when_the_author_signs_it(string field, OpenStatus expected)
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        var original = Given.Envelope();
        var changed = Forge.BodyOf(original);
        Change(changed, field);

        Assert.Equal(expected, opener.Open(Forge.Sign(changed)).Status);
        // And once the author is known, too.
        Assert.True(opener.Open(original).IsOpened);
        Assert.Equal(expected, opener.Open(Forge.Sign(changed)).Status);
    }

    [Theory]
    [MemberData(nameof(HeaderFields))]
    public void A_changed_field_under_the_old_signature_fails_before_decryption(string field, OpenStatus whenSigned)
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        var original = Given.Envelope();
        var changed = Forge.BodyOf(original);
        Change(changed, field);

        var status = opener.Open(Forge.Wrap(changed.ToByteArray(), original[^64..])).Status;

        Assert.Equal(whenSigned == OpenStatus.NotThisTopic ? whenSigned : OpenStatus.BadSignature, status);
    }

    [Fact]
    public void A_changed_permit_fails()
    {
        using var sealer = Given.Sealer();
        using var opener = new EnvelopeOpener(Given.Topic);
        var body = Forge.BodyOf(sealer.Seal(1, Given.Hlc(), RetentionClass.OneYear, Given.Now, [], "permit"u8));

        body.Permit = ByteString.CopyFromUtf8("pilfer");
        Assert.Equal(OpenStatus.Undecipherable, opener.Open(Forge.Sign(body)).Status);
        body.ClearPermit();
        Assert.Equal(OpenStatus.Undecipherable, opener.Open(Forge.Sign(body)).Status);
    }

    [Fact]
    public void Another_member_cannot_take_over_a_payload()
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        using var thief = Given.Sealer(deviceSeed: 2);
        var body = Forge.BodyOf(Given.Envelope());
        body.AuthorKey = ByteString.CopyFrom(thief.Author.Value.ToArray());

        Assert.Equal(OpenStatus.Undecipherable, opener.Open(Forge.Sign(body, deviceSeed: 2)).Status);
    }

    [Fact]
    public void A_message_does_not_open_in_another_topic()
    {
        using var sameNamePublic = new EnvelopeOpener(Topic.Public(Given.Network, Given.Topic.Name));
        using var otherName = new EnvelopeOpener(Topic.Private(Given.Network, "coffee", Given.Topic.ExportSecret()));
        using var otherNetwork = new EnvelopeOpener(Topic.Private("dchat-other", Given.Topic.Name, Given.Topic.ExportSecret()));
        foreach (var opener in new[] { sameNamePublic, otherName, otherNetwork })
        {
            Assert.Equal(OpenStatus.NotThisTopic, opener.Open(Given.Envelope()).Status);
        }
    }

    [Fact]
    public void Malformed_and_unknown_envelopes_are_told_apart()
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        var newer = Forge.BodyOf(Given.Envelope());
        newer.Version = 2;
        var longer = Forge.BodyOf(Given.Envelope());
        longer.Retention = (Dchat.V1.RetentionClass)6;

        Assert.Equal(OpenStatus.Malformed, opener.Open([]).Status);
        Assert.Equal(OpenStatus.Malformed, opener.Open(new byte[EnvelopeLimits.MaxBytes + 1]).Status);
        Assert.Equal(OpenStatus.Unsupported, opener.Open(Forge.Sign(newer)).Status);
        Assert.Equal(OpenStatus.Unsupported, opener.Open(Forge.Sign(longer)).Status);
    }

    [Fact]
    public void A_payload_laid_out_by_hand_opens()
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        var result = opener.Open(Forge.Seal(Plaintext(256, Certificate(), composedAt: 0, contentLength: 148)));
        Assert.Equal(OpenStatus.Opened, result.Status);
        Assert.Equal(148, result.Message!.Content.Length);
    }

    [Theory]
    [InlineData(0, 0)] // nothing
    [InlineData(107, 0)] // shorter than the header
    [InlineData(108, 0)] // not a bucket
    [InlineData(255, 0)]
    [InlineData(257, 0)]
    [InlineData(256, 149)] // content longer than there is room
    [InlineData(256, uint.MaxValue)]
    [InlineData(512, 148)] // a larger bucket than needed
    [InlineData(61_072, 60_964)] // larger than the largest
    public void A_payload_of_the_wrong_size_does_not_open(int length, uint contentLength)
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        var plaintext = Plaintext(Math.Max(length, 108), Certificate(), composedAt: 0, contentLength)[..length];
        Assert.Equal(OpenStatus.BadPayload, opener.Open(Forge.Seal(plaintext)).Status);
    }

    [Fact]
    public void Padding_that_is_not_zero_does_not_open()
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        foreach (var place in new[] { 108 + 10, 255 })
        {
            var plaintext = Plaintext(256, Certificate(), composedAt: 0, contentLength: 10);
            plaintext[place] = 1;
            Assert.Equal(OpenStatus.BadPayload, opener.Open(Forge.Seal(plaintext)).Status);
        }
    }

    [Theory]
    [InlineData(-62_135_596_800_000, OpenStatus.Opened)]
    [InlineData(-62_135_596_800_001, OpenStatus.BadPayload)]
    [InlineData(253_402_300_799_999, OpenStatus.Opened)]
    [InlineData(253_402_300_800_000, OpenStatus.BadPayload)]
    [InlineData(long.MinValue, OpenStatus.BadPayload)]
    [InlineData(long.MaxValue, OpenStatus.BadPayload)]
    public void A_compose_time_outside_the_calendar_does_not_open(long composedAt, OpenStatus expected)
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        Assert.Equal(expected, opener.Open(Forge.Seal(Plaintext(256, Certificate(), composedAt, contentLength: 0))).Status);
    }

    [Fact]
    public void An_author_cannot_claim_a_device_that_did_not_certify_it()
    {
        byte[][] forged =
        [
            new byte[64],
            Forge.Certificate(2, Given.Topic.Tag, 0, Author), // by another device
            Forge.Certificate(1, Given.Topic.Tag, 1, Author), // for another generation
            Forge.Certificate(1, Topic.Public(Given.Network, "tea").Tag, 0, Author), // for another topic
            Forge.Certificate(1, Given.Topic.Tag, 0, new AuthorKey(new Bytes32(Given.Bytes(32, 5)))), // for another author
        ];
        using var opener = new EnvelopeOpener(Given.Topic);
        foreach (var certificate in forged)
        {
            Assert.Equal(OpenStatus.BadCertificate, opener.Open(Forge.Seal(Plaintext(256, certificate, 0, 0))).Status);
        }

        // Having seen the true certificate makes no forged one pass, nor the true one fail.
        var genuine = Forge.Seal(Plaintext(256, Certificate(), 0, 0));
        Assert.True(opener.Open(genuine).IsOpened);
        foreach (var certificate in forged)
        {
            Assert.Equal(OpenStatus.BadCertificate, opener.Open(Forge.Seal(Plaintext(256, certificate, 0, 0))).Status);
        }

        Assert.True(opener.Open(genuine).IsOpened);
    }

    [Fact]
    public void A_known_author_cannot_switch_to_a_device_that_did_not_certify_it()
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        using var victim = Given.Device(2);
        Assert.True(opener.Open(Given.Envelope()).IsOpened);

        var plaintext = Forge.Plaintext(256, victim.PublicKey, Certificate(), 0, 0);

        Assert.Equal(OpenStatus.BadCertificate, opener.Open(Forge.Seal(plaintext)).Status);
    }

    [Fact]
    public void Remembered_authors_are_bounded_and_forgotten_ones_still_open()
    {
        using var authors = new KnownAuthors(Given.Topic);
        var most = 0;
        for (uint generation = 0; generation <= KnownAuthors.MaxAuthors; generation++)
        {
            using var sealer = Given.Sealer(keyGeneration: generation);
            OpenTwice(authors, sealer.Seal(1, Given.Hlc(), RetentionClass.OneDay, Given.Now, []));
            most = Math.Max(most, authors.Count);
        }

        Assert.Equal(KnownAuthors.MaxAuthors, most);
        Assert.Equal(1, authors.Count);
        OpenTwice(authors, Given.Envelope());
    }

    [Fact]
    public async Task Many_threads_open_the_messages_of_many_authors()
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        var envelopes = Enumerable.Range(1, 20).Select(i => Given.Envelope(deviceSeed: (byte)i)).ToArray();
        using var start = new Barrier(4);
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return envelopes.All(envelope => opener.Open(envelope).IsOpened);
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));
        Assert.All(await Task.WhenAll(workers), Assert.True);
    }

    private static void OpenTwice(KnownAuthors authors, byte[] envelope)
    {
        Envelope.TryRead(envelope, out var view);
        var plaintext = new byte[view.Ciphertext.Length - 16];
        Assert.Equal(OpenStatus.Opened, authors.OpenPayload(view, plaintext, out _));
        Assert.Equal(OpenStatus.Opened, authors.OpenPayload(view, plaintext, out _));
    }

    private static void Change(EnvelopeBody body, string field)
    {
        switch (field)
        {
            case "network":
                body.Network = "dchat-tesu";
                break;
            case "topic tag":
                body.TopicTag = Flip(body.TopicTag);
                break;
            case "sequence":
                body.Sequence++;
                break;
            case "hlc":
                body.Hlc++;
                break;
            case "class":
                body.Retention++;
                break;
            case "key generation":
                body.KeyGeneration++;
                break;
            case "nonce":
                body.Nonce = Flip(body.Nonce);
                break;
            case "ciphertext":
                body.Ciphertext = Flip(body.Ciphertext);
                break;
            default:
                body.Permit = ByteString.CopyFrom(1);
                break;
        }
    }

    private static ByteString Flip(ByteString bytes)
    {
        var flipped = bytes.ToByteArray();
        flipped[^1] ^= 1;
        return ByteString.CopyFrom(flipped);
    }

    private static byte[] Plaintext(int length, byte[] certificate, long composedAt, uint contentLength)
    {
        using var device = Given.Device();
        return Forge.Plaintext(length, device.PublicKey, certificate, composedAt, contentLength);
    }

    private static byte[] Certificate() => Forge.Certificate(1, Given.Topic.Tag, 0, Author);

    private static AuthorKey AuthorOf(Topic topic)
    {
        using var sealer = Given.Sealer(topic: topic);
        return sealer.Author;
    }
}

using Dchat.V1;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using DChat.Core.Topics;
using Google.Protobuf;
using RetentionClass = DChat.Core.Envelopes.RetentionClass;

namespace DChat.Core.Tests.Envelopes;

/// <summary>
/// Whoever changes an envelope cannot sign it again, and an author who signs another header cannot pass off the old
/// payload under it.
/// </summary>
public sealed class EnvelopeTamperingTests
{
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
}

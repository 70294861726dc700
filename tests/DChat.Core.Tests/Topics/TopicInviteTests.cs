using System.Buffers.Text;
using System.Security.Cryptography;
using CsCheck;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Topics;

public sealed class TopicInviteTests
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    [Fact]
    public void An_invite_carries_a_private_topic_whole()
    {
        var topic = Parsed(TopicInvite.Create(Given.Topic));
        Assert.Equal(Given.Topic.Network, topic.Network);
        Assert.Equal(Given.Topic.Name, topic.Name);
        Assert.False(topic.IsPublic);
        Assert.Equal(Given.Topic.Tag, topic.Tag);
        Assert.Equal(Given.Topic.ExportSecret(), topic.ExportSecret());
    }

    [Fact]
    public void An_invite_to_a_public_topic_is_shorter_for_it_holds_no_secret()
    {
        var invite = TopicInvite.Create(Topic.Public(Given.Network, "tea"));
        Assert.True(invite.Length < TopicInvite.Create(Given.Topic).Length - 40);
        Assert.True(Parsed(invite).IsPublic);
        Assert.Equal(Topic.Public(Given.Network, "tea").Tag, Parsed(invite).Tag);
    }

    [Fact]
    public void White_space_around_an_invite_is_ignored() =>
        Assert.Equal(Given.Topic.Tag, Parsed($"\n  {TopicInvite.Create(Given.Topic)}\t\r\n").Tag);

    [Fact]
    public void Every_topic_comes_back_from_its_invite()
    {
        var network = Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789"].Array[1, 32].Select(chars => new string(chars));
        var name = Gen.Char['!', 'þ'].Array[1, 60].Select(chars => new string([.. chars.Where(c => !char.IsControl(c) && c != 0xA0)]));
        Gen.Select(network, name.Where(text => text.Length > 0), Gen.Byte.Array[32], Gen.Bool).Sample(
            (network, name, secret, isPublic) =>
            {
                var topic = isPublic ? Topic.Public(network, name) : Topic.Private(network, name, secret);
                var parsed = Parsed(TopicInvite.Create(topic));
                Assert.Equal((topic.Network, topic.Name, topic.IsPublic, topic.Tag), (parsed.Network, parsed.Name, parsed.IsPublic, parsed.Tag));
            },
            iter: 500);
    }

    [Fact]
    public void The_longest_invite_is_of_the_documented_length()
    {
        var invite = TopicInvite.Create(Topic.CreatePrivate(new string('n', 32), new string('t', 128)));
        Assert.Equal(TopicInvite.MaxLength, invite.Length);
        Parsed(invite);
        Refused(invite + "A", "too long");
    }

    [Fact]
    public void Every_typo_is_found()
    {
        var invite = TopicInvite.Create(Given.Topic);
        for (var at = TopicInvite.Prefix.Length; at < invite.Length; at++)
        {
            var right = invite[at];
            foreach (var wrong in Alphabet.Where(c => c != right))
            {
                Refused(invite[..at] + wrong + invite[(at + 1)..], "damaged");
            }

            Refused(invite.Remove(at, 1), "damaged");
            Refused(invite.Insert(at, " "), "damaged");
        }
    }

    [Theory]
    [InlineData(null, "not an invite")]
    [InlineData("", "not an invite")]
    [InlineData("https://example.org", "not an invite")]
    [InlineData("dchat_AAAA", "not an invite")]
    [InlineData("dchat", "not an invite")]
    [InlineData("dchat1", "not an invite")]
    [InlineData("DCHAT1_AAAA", "not an invite")]
    [InlineData("dchat2_AAAA", "update")]
    [InlineData("dchat17_", "update")]
    [InlineData("dchat1_", "damaged")]
    [InlineData("dchat1_AAAA", "damaged")]
    [InlineData("dchat1_ä", "damaged")]
    public void What_is_no_invite_gets_a_clear_error(string? text, string reason) => Refused(text, reason);

    [Fact]
    public void A_well_formed_text_around_a_malformed_topic_gets_a_clear_error()
    {
        byte[] network = [3, .. "net"u8];
        byte[] name = [3, .. "tea"u8];
        var secret = new byte[32];
        Parsed(Invite([0, .. network, .. name]));
        Parsed(Invite([1, .. network, .. name, .. secret]));

        Refused(Invite([]), "malformed");
        Refused(Invite([2, .. network, .. name, .. secret]), "malformed");
        Refused(Invite([0, .. network, .. name, .. secret]), "malformed");
        Refused(Invite([1, .. network, .. name]), "malformed");
        Refused(Invite([1, .. network, .. name, .. secret, 0]), "malformed");
        Refused(Invite([0, 3, .. "NET"u8, .. name]), "malformed");
        Refused(Invite([0, 200, .. "net"u8, .. name]), "malformed");
        Refused(Invite([0, .. network]), "malformed");
        Refused(Invite([0, .. network, 2, 0xC3, 0x28]), "UTF-8");
        Refused(Invite([0, .. network, 1, 0x0A]), "control");
        Refused(Invite([0, .. network, 0]), "1 to 128 bytes");
    }

    [Fact]
    public void Arbitrary_text_never_throws() =>
        Gen.OneOf(Gen.String, Gen.String.Select(text => TopicInvite.Prefix + text)).Sample(
            text => TopicInvite.TryParse(text, out var topic, out var error) ? topic is not null : error is not null, iter: 5_000);

    private static string Invite(byte[] payload) => TopicInvite.Prefix
        + Base64Url.EncodeToString([.. payload, .. SHA256.HashData([.. "DCHAT-INVITE-V1\0"u8, .. payload])[..4]]);

    private static Topic Parsed(string invite)
    {
        Assert.True(TopicInvite.TryParse(invite, out var topic, out var error), error);
        Assert.Null(error);
        return topic;
    }

    private static void Refused(string? text, string reason)
    {
        Assert.False(TopicInvite.TryParse(text, out var topic, out var error), text);
        Assert.Null(topic);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }
}

using DChat.Core.Topics;

namespace DChat.Core.Tests.Topics;

public sealed class TopicTests
{
    [Fact]
    public void A_public_topic_is_the_same_for_everyone_who_knows_its_name()
    {
        var topic = Topic.Public(Given.Network, "tea");
        Assert.True(topic.IsPublic);
        Assert.Equal(topic.Tag, Topic.Public(Given.Network, "tea").Tag);
        Assert.Equal(topic.ExportSecret(), Topic.Public(Given.Network, "tea").ExportSecret());
    }

    [Fact]
    public void A_public_topic_differs_by_network_and_name_and_by_where_one_ends_and_the_other_begins()
    {
        TopicTag[] tags =
        [
            Topic.Public("ab", "c").Tag, Topic.Public("a", "bc").Tag, Topic.Public("ab", "d").Tag, Topic.Public("abc", "c").Tag,
        ];
        Assert.Equal(tags.Length, tags.Distinct().Count());
    }

    [Fact]
    public void A_private_topic_shares_nothing_with_the_public_one_of_its_name()
    {
        var secret = Topic.CreatePrivate(Given.Network, "tea");
        Assert.False(secret.IsPublic);
        Assert.NotEqual(Topic.Public(Given.Network, "tea").Tag, secret.Tag);
        Assert.NotEqual(Topic.CreatePrivate(Given.Network, "tea").Tag, secret.Tag);
    }

    [Fact]
    public void One_secret_serves_several_names_and_networks_without_mixing_them_up()
    {
        var secret = Given.Topic.ExportSecret();
        Assert.Equal(Given.Topic.Tag, Topic.Private(Given.Network, "tea", secret).Tag);
        Assert.NotEqual(Given.Topic.Tag, Topic.Private(Given.Network, "coffee", secret).Tag);
        Assert.NotEqual(Given.Topic.Tag, Topic.Private("dchat-other", "tea", secret).Tag);
    }

    [Fact]
    public void An_exported_secret_is_a_copy()
    {
        Array.Clear(Given.Topic.ExportSecret());
        Assert.Equal(Given.Bytes(32, 7), Given.Topic.ExportSecret());
    }

    [Fact]
    public void Printing_a_topic_does_not_print_its_secret() => Assert.Equal("dchat-test/tea (private)", Given.Topic.ToString());

    [Theory]
    [InlineData(31)]
    [InlineData(33)]
    public void A_secret_of_another_length_is_refused(int length) =>
        Assert.Throws<ArgumentException>(() => Topic.Private(Given.Network, "tea", new byte[length]));

    [Theory]
    [InlineData("a")]
    [InlineData("a b")]
    [InlineData("#general")]
    [InlineData("Grüße 🍵")]
    [InlineData("👩‍👧")]
    public void A_name_may_be_any_printable_text(string name) => Assert.Equal(name, Topic.Public(Given.Network, name).Name);

    [Fact]
    public void A_name_is_1_to_128_bytes_of_UTF_8()
    {
        Topic.Public(Given.Network, new string('a', 128));
        Topic.Public(Given.Network, new string('ü', 64));
        Refused("1 to 128 bytes", new string('a', 129));
        Refused("1 to 128 bytes", new string('ü', 64) + "a");
        Refused("1 to 128 bytes", "");
    }

    [Theory]
    [InlineData("a\nb", "control")]
    [InlineData("a\0", "control")]
    [InlineData("a\u0085b", "control")]
    [InlineData("a\u2028b", "line breaks")]
    [InlineData(" a", "white space")]
    [InlineData("a\u00A0", "white space")]
    public void A_name_without_a_sane_look_is_refused(string name, string reason) => Refused(reason, name);

    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        Refused("surrogate", "a" + (char)0xD83C);
        Refused("surrogate", (char)0xDF75 + "a");
    }

    [Theory]
    [InlineData("")]
    [InlineData("UPPER")]
    [InlineData("a/b")]
    [InlineData(".a")]
    [InlineData("ä")]
    [InlineData("123456789012345678901234567890123")]
    public void A_network_name_out_of_the_rule_is_refused(string network)
    {
        Assert.False(NetworkName.IsValid(network));
        var refusal = Assert.Throws<ArgumentException>(() => Topic.Public(network, "tea"));
        Assert.Contains("1 to 32", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_name_of_32_characters_is_accepted()
    {
        Assert.True(NetworkName.IsValid(new string('a', 32)));
        Assert.False(NetworkName.IsValid((string?)null));
    }

    private static void Refused(string reason, string name)
    {
        var refusal = Assert.Throws<ArgumentException>(() => Topic.Public(Given.Network, name));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }
}

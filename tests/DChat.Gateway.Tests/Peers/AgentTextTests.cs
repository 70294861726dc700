using DChat.Abstractions.Messages;
using DChat.Gateway.Peers;

namespace DChat.Gateway.Tests.Peers;

public sealed class AgentTextTests
{
    [Theory]
    [InlineData("js-libp2p/3.3.11 node/22", "js-libp2p/3.3.11 node/22")]
    [InlineData("a\u001b[31mb\u0007\r\n\u009bc\u202ed\u2028e", "a[31mbcde")]
    [InlineData("žluťoučký 🐎", "žluťoučký 🐎")]
    [InlineData("\u0000\u001b\u200e", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Control_and_format_characters_are_removed(string? said, string? shown) => Assert.Equal(shown, AgentText.Clean(said));

    [Fact]
    public void A_text_at_the_limit_is_whole_and_a_longer_one_is_cut()
    {
        var limit = new string('a', PeerDescription.MaxAgentVersionLength);

        Assert.Equal(limit, AgentText.Clean(limit));
        Assert.Equal(limit, AgentText.Clean("\n" + limit + "b"));
    }

    [Fact]
    public void A_pair_of_surrogates_is_not_cut_in_two()
    {
        var almost = new string('a', PeerDescription.MaxAgentVersionLength - 1);

        Assert.Equal(almost, AgentText.Clean(almost + "🐎"));
        Assert.Equal(almost[1..] + "🐎", AgentText.Clean(almost[1..] + "🐎"));
    }
}

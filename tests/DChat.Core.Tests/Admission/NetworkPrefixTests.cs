using System.Net;
using DChat.Core.Admission;
using DChat.Core.Envelopes;

namespace DChat.Core.Tests.Admission;

public sealed class NetworkPrefixTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("0.0.0.1", "0:0:0:1::", false)]
    public void An_IPv4_address_or_an_IPv6_64_is_one_network(string one, string other, bool same) =>
        Assert.Equal(same, NetworkPrefix.Of(IPAddress.Parse(one)) == NetworkPrefix.Of(IPAddress.Parse(other)));

    [Fact]
    public void Callers_without_an_address_are_told_apart_by_name_and_the_unknown_are_not()
    {
        Assert.NotEqual(NetworkPrefix.Named("a"), NetworkPrefix.Named("b"));
        Assert.NotEqual(default, NetworkPrefix.Named("a"));
        Assert.Equal(default, new AdmissionSource(Door.Push, "someone").Prefix);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8:0:1::5", "2001:db8:0:1::/64")]
    public void It_is_written_as_networks_are(string address, string text) =>
        Assert.Equal(text, NetworkPrefix.Of(IPAddress.Parse(address)).ToString());
}

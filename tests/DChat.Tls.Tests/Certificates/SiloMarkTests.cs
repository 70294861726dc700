using DChat.Testing.Tls;
using DChat.Tls.Certificates;

namespace DChat.Tls.Tests.Certificates;

public sealed class SiloMarkTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("dchat://silo", true)]
    [InlineData("dchat://silo/", true)]
    [InlineData("dchat://silos", false)]
    [InlineData("dchat://silo/1", false)]
    [InlineData("https://silo", false)]
    public void Only_the_uri_itself_marks_a_silo(string uri, bool isMark)
    {
        // GeneralNames { [2] dNSName "a", [6] uniformResourceIdentifier uri }
        byte[] names = [0x82, 1, (byte)'a', 0x86, (byte)uri.Length, .. System.Text.Encoding.ASCII.GetBytes(uri)];

        Assert.Equal(isMark, SiloMark.IsOn([0x30, (byte)names.Length, .. names]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("3005860361")]
    [InlineData("300386FF61")]
    [InlineData("300586036161FF")]
    public void A_malformed_extension_marks_nothing(string extension) => Assert.False(SiloMark.IsOn(Convert.FromHexString(extension)));

    [Fact]
    public void A_certificate_has_it_or_not()
    {
        using var silo = _authority.Issue(isSilo: true);
        using var client = _authority.Issue(isSilo: false);

        Assert.True(SiloMark.IsOn(silo));
        Assert.False(SiloMark.IsOn(client));
    }
}

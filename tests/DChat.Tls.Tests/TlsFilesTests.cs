using DChat.Core;

namespace DChat.Tls.Tests;

public sealed class TlsFilesTests
{
    [Theory]
    [InlineData(null, null, null, null, null)]
    [InlineData("a.pem", "a.key", "ca.pem", null, null)]
    [InlineData("a.pfx", null, "ca.pem", "secret", null)]
    [InlineData("a.pem", "a.key", null, null, "Authority")]
    [InlineData(null, "a.key", "ca.pem", null, "Certificate")]
    [InlineData(null, null, "ca.pem", null, "Certificate")]
    [InlineData("a.pem", null, "ca.pem", null, "Key")]
    [InlineData("a.PFX", "a.key", "ca.pem", null, "Key")]
    [InlineData(null, null, null, "secret", "KeyPassword")]
    public void What_goes_together_is_there_together_or_named(string? certificate, string? key, string? authority, string? password, string? named)
    {
        var files = new TlsFiles { Certificate = certificate, Key = key, Authority = authority, KeyPassword = password };

        var fault = Record.Exception(files.Validate);

        Assert.Equal(named, (fault as DChatException)?.Message.Split(' ')[0]);
        Assert.DoesNotContain("secret", fault?.Message ?? "", StringComparison.Ordinal);
    }
}
